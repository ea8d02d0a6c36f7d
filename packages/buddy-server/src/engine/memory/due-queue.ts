import FlatQueue from 'flatqueue'
import type { Cancel, Clock } from '../../clock.ts'

/** Something that must be done at a time. */
export interface Due {
  /** When, in milliseconds on the engine's clock; Infinity if there is nothing to do. Set by the queue. */
  dueAtMs: number
  /** Called when it is due. It may set another time. */
  handleDue(): void
}

/** How many items are handled in one turn of the event loop. Each may search for a partner. */
const maxHandledAtOnce = 200
/** Stale entries are dropped together when they are the majority, and more than this number. */
const minStaleEntries = 1000

/**
 * All times at which something must be done, with one timer. So a crowd of waiting tickets needs no timer for
 * each, and nothing visits all of them periodically. Setting a time takes logarithmic time in the number of
 * items, and constant time if it is later than most.
 */
export class DueQueue {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  /** An entry is stale if its priority is not the present time of the item. */
  readonly #queue = new FlatQueue<Due>()
  #size = 0
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined

  constructor(clock: Pick<Clock, 'now' | 'after'>) {
    this.#clock = clock
  }

  /** The number of entries, including stale ones. */
  get length(): number {
    return this.#queue.length
  }

  /** Sets the time of the item, instead of its earlier one. Infinity removes the item. */
  set(item: Due, atMs: number): void {
    if (item.dueAtMs === atMs) return
    this.#size += Number(item.dueAtMs === Infinity) - Number(atMs === Infinity)
    item.dueAtMs = atMs
    if (atMs === Infinity) this.#dropStaleEntries()
    else {
      this.#queue.push(item, atMs)
      if (atMs < (this.#timer?.atMs ?? Infinity)) this.#startTimer(atMs)
    }
  }

  #startTimer(atMs: number): void {
    this.#timer?.cancel()
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => {
      this.#timer = undefined
      this.#handleAll()
    })
    this.#timer = { atMs, cancel }
  }

  #handleAll(): void {
    for (let left = maxHandledAtOnce; left > 0; left--) {
      const item = this.#peek()
      // The time is checked, because timers may fire a little early.
      if (!item || item.dueAtMs > this.#clock.now()) break
      this.#queue.pop()
      this.#size--
      item.dueAtMs = Infinity
      item.handleDue()
    }
    const next = this.#peek()
    if (next && next.dueAtMs < (this.#timer?.atMs ?? Infinity)) this.#startTimer(next.dueAtMs)
  }

  /** Returns the item that is due first. Drops the stale entries before it. */
  #peek(): Due | undefined {
    for (;;) {
      const item = this.#queue.peek()
      if (!item || item.dueAtMs === this.#queue.peekValue()) return item
      this.#queue.pop()
    }
  }

  #dropStaleEntries(): void {
    const { ids, values, length } = this.#queue
    if (length < minStaleEntries + this.#size * 2) return
    let kept = 0
    const live: Due[] = []
    for (let index = 0; index < length; index++) {
      const item = ids[index]!
      if (item.dueAtMs === values[index]) live[kept++] = item
    }
    this.#queue.clear()
    for (const item of live) this.#queue.push(item, item.dueAtMs)
    this.#queue.shrink()
  }
}
