/** An estimate is the median of this number of waits. */
const maxWaits = 32
/** With fewer waits there is no estimate. */
const minWaits = 5

/** How long the latest tickets of one kind have waited. */
export class RecentWaits {
  /** In the order in which they ended; the oldest is replaced first. */
  readonly #latest: number[] = []
  /** The same in ascending order. */
  readonly #sorted: number[] = []
  #next = 0

  add(waitMs: number): void {
    const oldest = this.#latest[this.#next]
    if (oldest !== undefined) this.#sorted.splice(this.#sorted.indexOf(oldest), 1)
    this.#latest[this.#next] = waitMs
    this.#next = (this.#next + 1) % maxWaits
    let index = this.#sorted.length
    while (index > 0 && this.#sorted[index - 1]! > waitMs) index--
    this.#sorted.splice(index, 0, waitMs)
  }

  /** The median in whole milliseconds; null if there are too few waits. */
  get medianMs(): number | null {
    const { length } = this.#sorted
    return length < minWaits ? null : Math.round(this.#sorted[length >> 1]!)
  }
}
