import type { Clock } from '../../clock.ts'
import { Chain, LinkTable } from './chain.ts'
import type { Due, DueQueue } from './due-queue.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** So many tickets search in one turn of the event loop after a room has become free. */
const maxSearches = 200

interface UnsearchedDependencies<W> {
  readonly clock: Pick<Clock, 'now'>
  readonly due: DueQueue
  readonly canOpenRoom: () => boolean
  /** Lets a ticket search, which removes it from here. Returns whether it was matched. */
  readonly onSearch: (waiting: W) => boolean
}

/**
 * The tickets that have not searched since they last began to accept a partner, the oldest first. Most of them
 * wait for a free room.
 */
export class Unsearched<T extends Entrant> {
  readonly #dependencies: UnsearchedDependencies<Waiting<T>>
  readonly #table = new LinkTable<Waiting<T>>()
  readonly #chain = new Chain(this.#table)
  readonly #next: Due = { dueAtMs: Infinity, handleDue: () => void this.search() }

  constructor(dependencies: UnsearchedDependencies<Waiting<T>>) {
    this.#dependencies = dependencies
  }

  /** Adds a ticket, if it is not there already. */
  add(waiting: Waiting<T>): void {
    if (waiting.unsearchedLink !== 0) return
    waiting.unsearchedSlot = this.#table.claim(waiting, waiting.sinceMs)
    waiting.unsearchedLink = this.#chain.add(waiting.unsearchedSlot)
  }

  /** Removes a ticket, if it is there. */
  delete(waiting: Waiting<T>): void {
    if (waiting.unsearchedLink === 0) return
    this.#chain.remove(waiting.unsearchedLink)
    this.#table.release(waiting.unsearchedSlot)
    waiting.unsearchedLink = 0
    waiting.unsearchedSlot = 0
  }

  /**
   * Lets tickets search until two were matched, no room is free, or enough have searched for one turn of the event
   * loop. The others search in the next turn.
   * @returns whether two tickets were matched
   */
  search(): boolean {
    const { canOpenRoom, onSearch } = this.#dependencies
    let isMatched = false
    for (let left = maxSearches; left > 0 && !isMatched && canOpenRoom(); left--) {
      const first = this.#chain.first()
      if (first === 0) return false
      isMatched = onSearch(this.#table.itemOf(first))
    }
    this.searchSoon()
    return isMatched
  }

  /** Lets the tickets search in the next turn of the event loop, if a room is free. */
  searchSoon(): void {
    const { canOpenRoom, clock, due } = this.#dependencies
    if (this.#chain.size > 0 && canOpenRoom()) due.set(this.#next, clock.now())
  }
}
