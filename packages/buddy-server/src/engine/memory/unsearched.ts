import { Chain, LinkTable } from './chain.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** The tickets that have not searched since they last began to accept a partner, the oldest first. */
export class Unsearched<T extends Entrant> {
  readonly #table = new LinkTable<Waiting<T>>()
  readonly #chain = new Chain(this.#table)

  get size(): number {
    return this.#chain.size
  }

  /** The ticket that has waited longest; undefined if there is none. */
  get first(): Waiting<T> | undefined {
    const link = this.#chain.first()
    return link === 0 ? undefined : this.#table.itemOf(link)
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
}
