import FlatQueue from 'flatqueue'
import type { Cancel, Clock } from '../../clock.ts'

/** Something that must be done at a time. */
export interface Due {
  /** When, in milliseconds on the engine's clock; Infinity if there is nothing to do. Set by the queue. */
  dueAtMs: number
  /** The place in the queue, which alone uses it: the period, and the neighbours in it. */
  duePeriod?: Period | undefined
  previousDue?: Due | undefined
  nextDue?: Due | undefined
  /** Called when it is due. It may set another time. */
  handleDue(): void
}

/** How many items are handled in one turn of the event loop. Each may search for a partner. */
const maxHandledAtOnce = 200
/** Items that are due in the same period of this length are kept together until it begins. */
const periodMs = 256

/** The items that are due in one period, in the order in which they were set. */
export class Period {
  readonly number: number
  size = 0
  first: Due | undefined
  #last: Due | undefined

  constructor(number: number) {
    this.number = number
  }

  add(item: Due): void {
    const last = this.#last
    item.duePeriod = this
    item.previousDue = last
    if (last) last.nextDue = item
    else this.first = item
    this.#last = item
    this.size++
  }

  delete(item: Due): void {
    const { previousDue, nextDue } = item
    item.duePeriod = undefined
    if (previousDue) previousDue.nextDue = nextDue
    else this.first = nextDue
    if (nextDue) nextDue.previousDue = previousDue
    else this.#last = previousDue
    item.previousDue = undefined
    item.nextDue = undefined
    this.size--
  }
}

/**
 * All times at which something must be done, with one timer. So a crowd of waiting tickets needs no timer for
 * each, and nothing visits all of them periodically. Setting and removing a time takes constant time. Only the
 * items of the present period are sorted. An item whose time moves to a later period keeps its place until the
 * period of that place begins, because most tickets are matched, and their sessions search again, long before
 * they are due.
 */
export class DueQueue {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  /** The items of later periods, by the number of the period. */
  readonly #periods = new Map<number, Period>()
  /** The period that was used last, because most items are due in the same one. */
  #latest: Period | undefined
  /** The numbers of these periods. */
  readonly #order = new FlatQueue<number>()
  /** The items of periods that have begun. An entry is stale if its priority is not the present time of the item. */
  readonly #soon = new FlatQueue<Due>()
  /** The number of the latest period that has begun. */
  #begun = -Infinity
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined

  constructor(clock: Pick<Clock, 'now' | 'after'>) {
    this.#clock = clock
  }

  /** The number of items, including removed ones of periods that have begun. */
  get length(): number {
    let length = this.#soon.length
    for (const { size } of this.#periods.values()) length += size
    return length
  }

  /**
   * Sets the time of the item, instead of its earlier one. Infinity removes the item, which is then no longer
   * referenced.
   */
  set(item: Due, atMs: number): void {
    const { duePeriod } = item
    if (item.dueAtMs === atMs && !duePeriod) return
    item.dueAtMs = atMs
    if (atMs === Infinity) {
      duePeriod?.delete(item)
      return
    }
    const number = periodOf(atMs)
    if (duePeriod) {
      if (duePeriod.number <= number) return
      duePeriod.delete(item)
    }
    // An item of a period that has begun stays in `#soon`. Its time shows that it is out of date.
    if (number <= this.#begun || atMs <= this.#clock.now()) {
      this.#soon.push(item, atMs)
      this.#wakeAt(atMs)
    } else this.#put(item, number)
  }

  /**
   * Nothing must be done for the item until its time is set again. It keeps its place for some time, so that
   * setting a time soon costs little.
   */
  pause(item: Due): void {
    item.dueAtMs = Infinity
  }

  #put(item: Due, number: number): void {
    if (this.#latest?.number !== number)
      this.#latest = this.#periods.get(number) ?? this.#create(number)
    this.#latest.add(item)
  }

  #create(number: number): Period {
    const period = new Period(number)
    this.#periods.set(number, period)
    this.#order.push(number, number)
    this.#wakeAt(number * periodMs)
    return period
  }

  #wakeAt(atMs: number): void {
    if (atMs >= (this.#timer?.atMs ?? Infinity)) return
    this.#timer?.cancel()
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => {
      this.#timer = undefined
      this.#handleAll()
    })
    this.#timer = { atMs, cancel }
  }

  #handleAll(): void {
    this.#beginPeriods()
    for (let left = maxHandledAtOnce; left > 0; left--) {
      const item = this.#peek()
      // The time is checked, because timers may fire a little early.
      if (!item || item.dueAtMs > this.#clock.now()) break
      this.#soon.pop()
      item.dueAtMs = Infinity
      item.handleDue()
    }
    if (this.#soon.length === 0) this.#soon.shrink()
    const next = this.#peek()
    if (next) this.#wakeAt(next.dueAtMs)
    const period = this.#order.peek()
    if (period !== undefined) this.#wakeAt(period * periodMs)
  }

  /** Sorts the items of the periods that have begun. */
  #beginPeriods(): void {
    for (;;) {
      const period = this.#order.peek()
      if (period === undefined || period * periodMs > this.#clock.now()) return
      this.#order.pop()
      this.#begun = Math.max(this.#begun, period)
      const begun = this.#periods.get(period)
      this.#periods.delete(period)
      this.#latest = undefined
      for (let item = begun?.first; item;) {
        const next = item.nextDue
        item.duePeriod = undefined
        item.previousDue = undefined
        item.nextDue = undefined
        const { dueAtMs } = item
        const number = periodOf(dueAtMs)
        if (number <= this.#begun) this.#soon.push(item, dueAtMs)
        else if (dueAtMs < Infinity) this.#put(item, number)
        item = next
      }
    }
  }

  /** Returns the item that is due first, of the periods that have begun. Drops the stale entries before it. */
  #peek(): Due | undefined {
    for (;;) {
      const item = this.#soon.peek()
      if (!item || item.dueAtMs === this.#soon.peekValue()) return item
      this.#soon.pop()
    }
  }
}

const periodOf = (atMs: number): number => Math.floor(atMs / periodMs)
