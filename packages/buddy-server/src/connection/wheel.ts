import type { Cancel, Clock } from '../clock.ts'

/**
 * The number of slots in one turn of the wheel. With 19,000 members, a slot has 95, or 190 if all of them
 * were added at the same time.
 */
const slotCount = 200
/**
 * If slots are overdue, the wheel visits at most this many at a time, so that it never visits very many
 * members at once.
 */
const maxSlotsAtOnce = 4

interface WheelDependencies<T> {
  readonly clock: Clock
  /** The duration of one turn of the wheel. */
  readonly intervalMs: number
  /** Visits the members of one slot. Members may be deleted during the call. */
  readonly visit: (members: Iterable<T>) => void
}

/**
 * Visits every member once in each interval, a few at a time, so that work for all members never blocks the
 * event loop for long. It visits a new member for the first time between half an interval and a whole
 * interval after it was added. An earlier visit would be useless, because a new connection has just been
 * active.
 */
export class Wheel<T> implements Iterable<T> {
  readonly #dependencies: WheelDependencies<T>
  readonly #slots = Array.from({ length: slotCount }, () => new Set<T>())
  #size = 0
  /** The number of slots visited since the start. */
  #visited = 0
  /** The offset of the slot for the next member, within the half of the wheel that is visited last. */
  #nextOffset = 0

  constructor(dependencies: WheelDependencies<T>) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#size
  }

  /** Adds a member that is not in the wheel. Returns its slot, for {@link delete}. */
  add(member: T): number {
    const half = slotCount / 2
    const slot = (this.#visited + half + this.#nextOffset) % slotCount
    this.#nextOffset = (this.#nextOffset + 1) % half
    this.#slots[slot]!.add(member)
    this.#size++
    return slot
  }

  /** Removes a member. A second call does nothing. */
  delete(member: T, slot: number): void {
    if (this.#slots[slot]!.delete(member)) this.#size--
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const slot of this.#slots) yield* slot
  }

  /** Starts visiting. Returns a function that stops it. */
  start(): Cancel {
    const { clock, intervalMs, visit } = this.#dependencies
    const slotMs = intervalMs / slotCount
    const startedAtMs = clock.now()
    return clock.every(slotMs, () => {
      // The number of due slots is calculated from the clock, because timers may fire late.
      const due = Math.floor((clock.now() - startedAtMs) / slotMs)
      // After a delay of more than a whole turn, each slot is visited only once.
      this.#visited = Math.max(this.#visited, due - slotCount)
      const end = Math.min(due, this.#visited + maxSlotsAtOnce)
      // A slot counts as visited before its visit. Otherwise, if a visit threw, it would be repeated and
      // later slots would never be visited.
      while (this.#visited < end) visit(this.#slots[this.#visited++ % slotCount]!)
    })
  }
}
