import FlatQueue from 'flatqueue'

/** A set of waiting tickets that may be matched with each other. */
export interface Pool {
  readonly size: number
  /** When the oldest ticket began to wait; Infinity if none waits. */
  readonly oldestSinceMs: number
}

interface Entry<P> {
  readonly pool: P
  isCrowded: boolean
}

/**
 * Entries of pools that are no longer crowded are stale. They are removed together when they are the
 * majority, and more than this number.
 */
const minStaleEntries = 64

/**
 * The crowded pools, which are those with at least two waiting tickets, ordered by their oldest ticket. The
 * matchmaker searches them when a room becomes free. Every call takes amortised logarithmic time in the
 * number of these pools.
 */
export class CrowdedPools<P extends Pool> {
  readonly #entries = new Map<P, Entry<P>>()
  /**
   * Entries, ordered by the time at which the pool's oldest ticket began to wait when the entry was added. If
   * the pool has lost that ticket since, its entry comes too early in the order. When a search reaches such
   * an entry, it adds the entry again with the present time.
   */
  readonly #queue = new FlatQueue<Entry<P>>()

  /** The number of entries in the queue, including stale ones. */
  get length(): number {
    return this.#queue.length
  }

  /** Call this after a ticket was added to the pool or removed from it. */
  update(pool: P): void {
    const entry = this.#entries.get(pool)
    if (pool.size > 1 === (entry !== undefined)) return
    if (entry) {
      entry.isCrowded = false
      this.#entries.delete(pool)
      this.#dropStaleEntries()
    } else {
      const added = { pool, isCrowded: true }
      this.#entries.set(pool, added)
      this.#queue.push(added, pool.oldestSinceMs)
    }
  }

  /**
   * Calls `tryPool` with each crowded pool, the one with the oldest ticket first, until it returns true.
   * @param tryPool may add and remove tickets
   * @returns whether `tryPool` has returned true
   */
  findOldest(tryPool: (pool: P) => boolean): boolean {
    let isFound = false
    const tried: Entry<P>[] = []
    for (let entry = this.#queue.peek(); entry; entry = this.#queue.peek()) {
      const { pool, isCrowded } = entry
      if (isCrowded && this.#queue.peekValue() === pool.oldestSinceMs) {
        this.#queue.pop()
        tried.push(entry)
        isFound = tryPool(pool)
        if (isFound) break
      } else {
        this.#queue.pop()
        if (isCrowded) this.#queue.push(entry, pool.oldestSinceMs)
      }
    }
    for (const entry of tried) {
      if (entry.isCrowded) this.#queue.push(entry, entry.pool.oldestSinceMs)
    }
    return isFound
  }

  /**
   * Removes stale entries when they are more than half of all entries. Otherwise only `findOldest` removes
   * them, which is not called while rooms are free.
   */
  #dropStaleEntries(): void {
    if (this.#queue.length < minStaleEntries + this.#entries.size * 2) return
    this.#queue.clear()
    for (const entry of this.#entries.values()) {
      this.#queue.push(entry, entry.pool.oldestSinceMs)
    }
    this.#queue.shrink()
  }
}
