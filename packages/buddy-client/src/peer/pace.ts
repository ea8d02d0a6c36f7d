/** How often something may happen: `burst` times at once, and once more in every `everyMs`. */
export interface PaceRate {
  readonly burst: number
  readonly everyMs: number
}

/** Spreads what happens too often (GCRA, ITU-T I.371): says how long each has to wait. */
export class Pace {
  readonly #rate: PaceRate
  readonly #now: () => number
  /** When everything that was let through would be over, one in every `everyMs`. */
  #endsAtMs = -Infinity

  /** @param now milliseconds by a clock that never goes back */
  constructor(rate: PaceRate, now: () => number) {
    this.#rate = rate
    this.#now = now
  }

  /** Takes the next place. Returns how many milliseconds from now it is; 0: now. */
  reserve(): number {
    const { burst, everyMs } = this.#rate
    const nowMs = this.#now()
    this.#endsAtMs = Math.max(nowMs, this.#endsAtMs) + everyMs
    return Math.max(0, this.#endsAtMs - nowMs - burst * everyMs)
  }
}

interface PacedActionDependencies {
  readonly pace: Pace
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
  readonly run: () => void
}

/** Runs on request, no faster than a pace; requests that have to wait are one. */
export class PacedAction {
  readonly #dependencies: PacedActionDependencies
  #timer: number | undefined

  constructor(dependencies: PacedActionDependencies) {
    this.#dependencies = dependencies
  }

  request(): void {
    if (this.#timer !== undefined) return
    const { pace, setTimeout, run } = this.#dependencies
    const delayMs = pace.reserve()
    if (delayMs === 0) run()
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        run()
      }, delayMs)
    }
  }

  /** Drops the request that waits. */
  close(): void {
    if (this.#timer !== undefined) this.#dependencies.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
