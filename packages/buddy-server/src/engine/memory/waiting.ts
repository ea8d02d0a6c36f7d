import type { SearchObstacle } from '@buddy-chat/protocol'
import type { Ticket } from '../ticket.ts'
import type { Link } from './chain.ts'
import type { Due } from './due-queue.ts'
import type { FairKey } from './fair-share.ts'
import type { Bucket } from './lists.ts'
import type { Person } from './people.ts'
import type { Pool } from './pool.ts'
import type { Indexed, TicketIndex } from './ticket-index.ts'

/** A ticket that enters the queue, with what the matchmaker must know of its session. */
export interface Entrant {
  readonly ticket: Ticket
  readonly person: Person
  /**
   * What the session may have in common with other sessions of the same user: its address, and the identity
   * that the site has signed. See `fair-share.ts`.
   */
  readonly fairKeys: readonly string[]
}

/** What was last told about a search. */
interface Told {
  readonly online: number
  readonly estimateMs: number | null
  readonly isFreeInInterests: boolean
  readonly isFreeInLanguages: boolean
  readonly obstacle: SearchObstacle
}

/** A ticket in the queue. The matchmaker, the index and the fair share keep their state of it here. */
export class Waiting<T extends Entrant> implements Due, Indexed<Waiting<T>> {
  readonly entrant: T
  /** The same as in `entrant`: searches compare it for each ticket that they visit. */
  readonly person: Person
  readonly pool: Pool<Waiting<T>>
  /** When the session began to wait, on the engine's clock. A change of the criteria does not change it. */
  readonly sinceMs: number
  ticket: Ticket
  /** When the search began to require these interests, and these languages. */
  interestsSinceMs: number
  languagesSinceMs: number
  isFreeInInterests = false
  isFreeInLanguages = false
  attributesSignature = ''
  asksSignature = ''
  /** The index in which the ticket can be found; undefined while a slowed user's ticket cannot be matched. */
  index: TicketIndex<Waiting<T>> | undefined
  links: Link<Waiting<T>>[] = []
  buckets: Bucket<Waiting<T>>[] = []
  seenBy = 0
  isChoice = false
  /** The place among the tickets that have not searched yet; undefined after the search. */
  unsearched: Link<Waiting<T>> | undefined
  /** Whether a partner was skipped only because of what the two people know of each other. */
  isHeld = false
  /** When a skipped partner may be met again. */
  heldUntilMs = Infinity
  fair: FairKey<Waiting<T>>[] = []
  /** Whether the session knows that its ticket is in the queue. */
  isQueued = false
  told: Told | undefined
  refreshAtMs = Infinity
  dueAtMs = Infinity
  readonly #onDue: (waiting: Waiting<T>) => void

  constructor(
    entrant: T,
    pool: Pool<Waiting<T>>,
    sinceMs: number,
    onDue: (waiting: Waiting<T>) => void,
  ) {
    this.entrant = entrant
    this.person = entrant.person
    this.pool = pool
    this.sinceMs = sinceMs
    this.ticket = entrant.ticket
    this.interestsSinceMs = sinceMs
    this.languagesSinceMs = sinceMs
    this.#onDue = onDue
    this.#sign()
  }

  /** Replaces the criteria. Those that differ are required anew, from now on. */
  change(ticket: Ticket, nowMs: number): void {
    const { interestKeys, languages } = this.ticket
    if (!isSame(interestKeys, ticket.interestKeys)) this.interestsSinceMs = nowMs
    if (!isSame(languages, ticket.languages)) this.languagesSinceMs = nowMs
    this.ticket = ticket
    this.#sign()
  }

  handleDue(): void {
    this.#onDue(this)
  }

  #sign(): void {
    const { attributes, asks } = this.ticket
    const names = Object.keys(attributes)
    this.attributesSignature =
      names.length === 0
        ? ''
        : JSON.stringify(names.toSorted().map((name) => [name, attributes[name]]))
    this.asksSignature = asks.length === 0 ? '' : JSON.stringify([this.attributesSignature, asks])
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}
