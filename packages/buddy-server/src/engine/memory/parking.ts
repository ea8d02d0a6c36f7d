import type { Clock } from '../../clock.ts'
import type { Due, DueQueue } from './due-queue.ts'
import type { FairKey } from './fair-share.ts'
import type { Pool } from './pool.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** The time between two checks whether a parked key has its share again, in milliseconds. */
const checkIntervalMs = 250
/** So many tickets of a parked key are released in one check. */
const maxReleased = 8

interface ParkingDependencies<W> {
  readonly clock: Pick<Clock, 'now'>
  readonly due: DueQueue
  /** Moves a ticket to the index that its parked keys require. */
  readonly onMoved: (waiting: W) => void
  /** Searches for a partner of a ticket that was released. */
  readonly onSearch: (waiting: W) => void
}

const noKeys: readonly string[] = []

/** A parked key, which is checked from time to time. */
class ParkedKey<W> implements Due {
  dueAtMs = Infinity
  readonly #check: () => void

  constructor(check: (parked: ParkedKey<W>) => void) {
    this.#check = () => check(this)
  }

  handleDue(): void {
    this.#check()
  }
}

/**
 * Parks the tickets of a key that has had more than its share of a pool, so that they are matched only with
 * each other. When the key is below its share again, they are released a few at a time, in turn, because each
 * match may exceed the share again.
 */
export class Parking<T extends Entrant> {
  readonly #dependencies: ParkingDependencies<Waiting<T>>

  constructor(dependencies: ParkingDependencies<Waiting<T>>) {
    this.#dependencies = dependencies
  }

  /** Returns the keys of the ticket by which it is parked. */
  static keysOf<E extends Entrant>(waiting: Waiting<E>): readonly string[] {
    let parked: string[] | undefined
    for (const key of waiting.fair) {
      if (key.isParked && !key.released?.has(waiting)) (parked ??= []).push(key.key)
    }
    return parked ?? noKeys
  }

  /** Call this after a match of tickets with these keys. Parks those that have had more than their share. */
  handleMatch(pool: Pool<Waiting<T>>, keys: readonly FairKey<Waiting<T>>[], now: number): void {
    for (const key of keys) if (pool.fair.isOver(key, now)) this.#park(pool, key)
  }

  #park(pool: Pool<Waiting<T>>, key: FairKey<Waiting<T>>): void {
    const { clock, due, onMoved } = this.#dependencies
    if (key.isParked) {
      for (const waiting of key.unrelease()) onMoved(waiting)
      return
    }
    key.isParked = true
    key.forEach(onMoved)
    const parked = new ParkedKey<T>((self) => this.#check(pool, key, self))
    due.set(parked, clock.now() + checkIntervalMs)
  }

  #check(pool: Pool<Waiting<T>>, key: FairKey<Waiting<T>>, parked: ParkedKey<T>): void {
    const { clock, due, onMoved, onSearch } = this.#dependencies
    const now = clock.now()
    for (let left = maxReleased; left > 0 && !pool.fair.isOver(key, now); left--) {
      const { first } = key
      if (!first) {
        key.isParked = false
        key.unrelease()
        pool.dropIndexesOf(key.key)
        return
      }
      key.release(first)
      onMoved(first)
      onSearch(first)
    }
    due.set(parked, now + checkIntervalMs)
  }
}
