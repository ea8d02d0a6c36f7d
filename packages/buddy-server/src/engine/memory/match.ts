import type { Ticket } from '../ticket.ts'
import type { Pool } from './pool.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** One of two matched tickets, with its latest criteria. */
export interface Matched<T> {
  readonly entrant: T
  readonly ticket: Ticket
  /** How long it was in the queue. */
  readonly waitMs: number
}

/** Two matched tickets, which are no longer in the queue. Their people stay in the pool, as in a room. */
export interface Match<T extends Entrant> {
  /** The one that was found, and the one that has searched. */
  readonly waited: Matched<T>
  readonly arrived: Matched<T>
  /** Whether the two people have met recently. */
  readonly isRematch: boolean
  readonly pool: Pool<Waiting<T>>
}
