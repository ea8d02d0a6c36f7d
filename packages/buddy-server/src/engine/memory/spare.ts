import type { Ticket } from '../ticket.ts'
import type { DueQueue } from './due-queue.ts'
import type { Pool } from './pool.ts'
import type { Entrant } from './waiting.ts'
import { Waiting } from './waiting.ts'

/** So many unused objects are kept. */
const maxSpare = 1000

/**
 * Objects of tickets that have left the queue, which are used again. The one that was freed last comes first,
 * because it is in the cache of the processor.
 */
export class Spare<T extends Entrant> {
  readonly #due: DueQueue
  readonly #onDue: (waiting: Waiting<T>) => void
  readonly #items: Waiting<T>[] = []

  constructor(due: DueQueue, onDue: (waiting: Waiting<T>) => void) {
    this.#due = due
    this.#onDue = onDue
  }

  /** Returns the object of a ticket that is not in the queue. */
  take(entrant: T, ticket: Ticket, pool: Pool<Waiting<T>>, sinceMs: number): Waiting<T> {
    const waiting = this.#items.pop()
    if (!waiting) return new Waiting(entrant, ticket, pool, sinceMs, this.#onDue)
    waiting.reuse(entrant, ticket, pool, sinceMs)
    return waiting
  }

  /** Frees the object of a ticket that is not in the queue. Nothing may refer to it as this ticket any longer. */
  free(waiting: Waiting<T>): void {
    if (this.#items.length < maxSpare) {
      waiting.clear()
      this.#items.push(waiting)
    } else this.#due.set(waiting, Infinity)
  }
}
