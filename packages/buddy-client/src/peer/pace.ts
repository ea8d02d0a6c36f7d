import type { Cancel, Clock } from '../clock.ts'

/** How often something may happen: `burst` times at once, and once more in every `everyMs`. */
export interface PaceRate {
  readonly burst: number
  readonly everyMs: number
}

/** Spreads what happens too often (GCRA, ITU-T I.371): says how long each has to wait. */
export class Pace {
  readonly #rate: PaceRate
  readonly #clock: Clock
  /** When everything that was let through would be over, one in every `everyMs`. */
  #endsAtMs = -Infinity

  constructor(rate: PaceRate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
  }

  /** Takes the next place. Returns how many milliseconds from now it is; 0: now. */
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

/** Runs on request, no faster than a pace; requests that have to wait are one. */
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

  /** Drops the request that waits. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
