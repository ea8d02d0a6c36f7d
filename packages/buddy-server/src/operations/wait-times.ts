/** Percentiles of the latest waits from ticket to match, in milliseconds. Null before the first match. */
export interface WaitPercentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The number of latest waits that are kept. */
const capacity = 1000

/** Keeps how long users waited for the latest matches, and calculates percentiles. */
export class WaitTimes {
  readonly #waitsMs: number[] = []
  #next = 0

  /** Adds the wait of one user. */
  add(waitMs: number): void {
    this.#waitsMs[this.#next] = waitMs
    this.#next = (this.#next + 1) % capacity
  }

  /** Nearest-rank percentiles in whole milliseconds. */
  get percentiles(): WaitPercentiles {
    const sorted = Float64Array.from(this.#waitsMs).sort()
    const rank = (share: number): number | null => {
      const wait = sorted[Math.ceil(sorted.length * share) - 1]
      return wait === undefined ? null : Math.round(wait)
    }
    return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) }
  }
}
