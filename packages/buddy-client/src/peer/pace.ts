import type { Cancel, Clock } from '../clock.ts'

/** A rate limit: `burst` actions at once, and one more for each `everyMs` that passes. */
export interface PaceRate {
  readonly burst: number
  readonly everyMs: number
}

/** Calculates how long each action has to wait to keep a rate limit (GCRA, ITU-T I.371). */
export class Pace {
  readonly #rate: PaceRate
  readonly #clock: Clock
  /** The time at which all reserved actions would be over if each took `everyMs`. */
  #endsAtMs = -Infinity

  constructor(rate: PaceRate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  /** Reserves the next action. Returns the milliseconds until it may run; 0 means at once. */
  reserve(): number {
    const { burst, everyMs } = this.#rate
    const nowMs = this.#clock.now()
    this.#endsAtMs = Math.max(nowMs, this.#endsAtMs) + everyMs
    return Math.max(0, this.#endsAtMs - nowMs - burst * everyMs)
  }
}

interface PacedActionDependencies {
  readonly pace: Pace
  readonly clock: Clock
  readonly run: () => void
}

/** Runs an action when requested, at a limited rate. Requests that have to wait are merged into one. */
export class PacedAction {
  readonly #dependencies: PacedActionDependencies
  #cancel: Cancel | undefined

  constructor(dependencies: PacedActionDependencies) {
    this.#dependencies = dependencies
  }

  request(): void {
    if (this.#cancel) return
    const { pace, clock, run } = this.#dependencies
    const delayMs = pace.reserve()
    if (delayMs === 0) run()
    else {
      this.#cancel = clock.after(delayMs, () => {
        this.#cancel = undefined
        run()
      })
    }
  }

  /** Drops the request that waits, if there is one. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
