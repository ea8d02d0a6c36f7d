import type { Cancel, Clock } from '../clock.ts'

/**
 * Slots in one turn of the wheel: of 19,000 members 95 are visited at a time, or 190 if all of them came
 * at the same time.
 */
const slotCount = 200
/** After a delay the wheel catches up by so many slots at a time, instead of visiting all at once. */
const maxSlotsAtOnce = 4

interface WheelDependencies<T> {
  readonly clock: Clock
  /** How long one turn of the wheel takes. */
  readonly intervalMs: number
  /** Called with the members of one slot, which may be deleted meanwhile. */
  readonly visit: (members: Iterable<T>) => void
}

/**
 * Visits every member once in each interval, a few at a time: work for all members never holds the
 * event loop for long, however many there are. A new member is first visited when between half an
 * interval and a whole one is over: it has just been heard of.
 */
export class Wheel<T> implements Iterable<T> {
  readonly #dependencies: WheelDependencies<T>
  readonly #slots = Array.from({ length: slotCount }, () => new Set<T>())
  #size = 0
  /** Slots visited since the start. */
  #visited = 0
  /** New members are spread over the half of the wheel that is visited last. */
  #nextOffset = 0

  constructor(dependencies: WheelDependencies<T>) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#size
  }

  /** Adds a member that is not in the wheel. Returns its slot, which {@link delete} needs. */
  add(member: T): number {
    const half = slotCount / 2
    const slot = (this.#visited + half + this.#nextOffset) % slotCount
    this.#nextOffset = (this.#nextOffset + 1) % half
    this.#slots[slot]!.add(member)
    this.#size++
    return slot
  }

  /** Removes a member; a second call does nothing. */
  delete(member: T, slot: number): void {
    if (this.#slots[slot]!.delete(member)) this.#size--
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const slot of this.#slots) yield* slot
  }

  /** Starts turning; returns what stops it. */
  start(): Cancel {
    const { clock, intervalMs, visit } = this.#dependencies
    const slotMs = intervalMs / slotCount
    const startedAtMs = clock.now()
    return clock.every(slotMs, () => {
      // Timers may fire late: the clock says how many slots are due.
      const due = Math.floor((clock.now() - startedAtMs) / slotMs)
      // After more than a whole turn, each slot is visited once.
      this.#visited = Math.max(this.#visited, due - slotCount)
      const end = Math.min(due, this.#visited + maxSlotsAtOnce)
      // Counted first: otherwise a visit that throws would be repeated, and later slots never visited.
      while (this.#visited < end) visit(this.#slots[this.#visited++ % slotCount]!)
    })
  }
}
