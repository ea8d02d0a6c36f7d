/** So many at most. Beyond that those that are over are forgotten, and if there are none the oldest. */
const maxBans = 10_000

/** People shut out for a while, by what they come back with: an address, a site's subject. */
export class Bans {
  readonly #now: () => number
  readonly #untilMs = new Map<string, number>()

  /** @param now milliseconds since some moment */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Shuts out whoever comes with `key`; a longer ban stays. */
  add(key: string, durationMs: number): void {
    const untilMs = Math.max(this.#now() + durationMs, this.#untilMs.get(key) ?? 0)
    this.#untilMs.delete(key)
    this.#untilMs.set(key, untilMs)
    if (this.#untilMs.size <= maxBans) return
    for (const [other, endsAtMs] of this.#untilMs) {
      if (endsAtMs <= this.#now()) this.#untilMs.delete(other)
    }
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size > maxBans && oldest !== undefined) this.#untilMs.delete(oldest)
  }

  has(key: string): boolean {
    const untilMs = this.#untilMs.get(key)
    if (untilMs === undefined) return false
    if (untilMs > this.#now()) return true
    this.#untilMs.delete(key)
    return false
  }
}
