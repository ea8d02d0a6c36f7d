/** An estimate is the median of this number of waits. */
const maxWaits = 32
/** With fewer waits there is no estimate. */
const minWaits = 5

/** How long the latest tickets of one kind have waited. */
export class RecentWaits {
  readonly #waitsMs: number[] = []
  #next = 0
  /** Undefined if it must be calculated again. */
  #median: number | undefined

  add(waitMs: number): void {
    this.#waitsMs[this.#next] = waitMs
    this.#next = (this.#next + 1) % maxWaits
    this.#median = undefined
  }

  /** The median in whole milliseconds; null if there are too few waits. */
  get medianMs(): number | null {
    if (this.#waitsMs.length < minWaits) return null
    this.#median ??= this.#waitsMs.toSorted((one, other) => one - other)[this.#waitsMs.length >> 1]!
    return Math.round(this.#median)
  }
}
