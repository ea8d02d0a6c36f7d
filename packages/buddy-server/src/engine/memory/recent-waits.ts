/** An estimate is the median of this number of waits. */
const maxWaits = 32
/** With fewer waits there is no estimate. */
const minWaits = 5

/** How long the latest tickets of one kind have waited. */
export class RecentWaits {
  /** In the order in which they ended; the oldest is replaced first. */
  readonly #latest = new Float64Array(maxWaits)
  /** The same in ascending order. */
  readonly #sorted = new Float64Array(maxWaits)
  #next = 0
  #count = 0

  add(waitMs: number): void {
    const sorted = this.#sorted
    let index = this.#count
    if (index === maxWaits) {
      index = sorted.indexOf(this.#latest[this.#next]!)
      // Longer waits close the gap of the oldest, until the place of the new one is reached.
      for (; index < maxWaits - 1 && sorted[index + 1]! < waitMs; index++) {
        sorted[index] = sorted[index + 1]!
      }
    } else this.#count++
    for (; index > 0 && sorted[index - 1]! > waitMs; index--) sorted[index] = sorted[index - 1]!
    sorted[index] = waitMs
    this.#latest[this.#next] = waitMs
    this.#next = (this.#next + 1) % maxWaits
  }

  /** The median in whole milliseconds; null if there are too few waits. */
  get medianMs(): number | null {
    const count = this.#count
    return count < minWaits ? null : Math.round(this.#sorted[count >> 1]!)
  }
}
