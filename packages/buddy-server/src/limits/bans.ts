/**
 * Maximum number of bans. If there are more, all expired bans are removed or, if none has expired, the oldest
 * ban.
 */
const maxBans = 100_000

/** Bans for a time. The keys are keyed hashes of persons and addresses; see `safety/person-keys.ts`. */
export class Bans {
  readonly #now: () => number
  readonly #untilMs = new Map<string, number>()

  /** @param now returns the time of a monotonic clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The number of bans. Some of them may have ended. */
  get size(): number {
    return this.#untilMs.size
  }

  /** Bans `key`. If it is already banned for longer, the longer ban stays. */
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

  delete(key: string): void {
    this.#untilMs.delete(key)
  }

  /** Returns whether `key` is banned now. */
  has(key: string): boolean {
    return this.leftMs(key) > 0
  }

  /** Returns how long `key` is still banned, in milliseconds; 0 if it is not. */
  leftMs(key: string): number {
    const untilMs = this.#untilMs.get(key)
    if (untilMs === undefined) return 0
    const leftMs = untilMs - this.#now()
    if (leftMs > 0) return leftMs
    this.#untilMs.delete(key)
    return 0
  }

  /** Iterates over the banned keys, oldest ban first. Bans may be lifted meanwhile. */
  keys(): IterableIterator<string> {
    return this.#untilMs.keys()
  }
}
