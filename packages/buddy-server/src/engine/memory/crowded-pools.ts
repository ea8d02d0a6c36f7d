import FlatQueue from 'flatqueue'

/** Tickets that may meet each other, oldest first. */
export interface Pool {
  readonly size: number
  /** When the oldest ticket began to wait; Infinity if none waits. */
  readonly oldestSinceMs: number
}

interface Entry<P> {
  readonly pool: P
  isCrowded: boolean
}

/** Entries of pools that are not crowded any more are removed once they are the majority. */
const minStaleEntries = 64

/**
 * The pools in which at least two tickets wait, by their oldest ticket: those to look through when a
 * room becomes free. Every call takes logarithmic time in the number of these pools, amortised.
 */
export class CrowdedPools<P extends Pool> {
  readonly #entries = new Map<P, Entry<P>>()
  /**
   * By the age of the oldest ticket when the entry was added. The oldest ticket of a pool only gets
   * younger, so an entry comes up early at worst, and is then put where it belongs.
   */
  readonly #queue = new FlatQueue<Entry<P>>()

  /** How many entries the queue holds, with those that are out of date. */
  get length(): number {
    return this.#queue.length
  }

  /** The pool has got or lost a ticket. */
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
   * Calls `tryPool` with each pool, the one with the oldest ticket first, until it returns true.
   * @param tryPool may change the pools
   * @returns whether it did
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

  /** Without this, pools that come and go while rooms are free would stay in memory. */
  #dropStaleEntries(): void {
    if (this.#queue.length < minStaleEntries + this.#entries.size * 2) return
    this.#queue.clear()
    for (const entry of this.#entries.values()) {
      this.#queue.push(entry, entry.pool.oldestSinceMs)
    }
    this.#queue.shrink()
  }
}
