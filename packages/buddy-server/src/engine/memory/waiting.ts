import type { Ticket } from '../ticket.ts'
import type { Due, Period } from './due-queue.ts'
import type { FairKey } from './fair-share.ts'
import type { Bucket } from './lists.ts'
import type { Person } from './people.ts'
import type { Pool } from './pool.ts'
import { kindOf } from './pool.ts'
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

const noBuckets: readonly never[] = []
const noKeys: readonly never[] = []

/**
 * A ticket in the queue, or one that searches before it is queued. The matchmaker, the index, the fair share and
 * the search report keep their state of it here. Few fields have a time, because a field with a fraction needs an
 * object of its own.
 */
export class Waiting<T extends Entrant> implements Due, Indexed<Waiting<T>> {
  readonly entrant: T
  /** The same as in `entrant`: searches compare it for each ticket that they visit. */
  readonly person: Person
  readonly sessionId: string
  readonly pool: Pool<Waiting<T>>
  /** When the session began to wait, on the engine's clock. A change of the criteria does not change it. */
  readonly sinceMs: number
  ticket: Ticket
  /** See `kindOf`. */
  kind: number
  /** When the interests, and the languages, were changed; undefined if the ticket has entered with them. */
  #interestsChangedAtMs: number | undefined
  #languagesChangedAtMs: number | undefined
  isFreeInInterests = false
  isFreeInLanguages = false
  attributesSignature = ''
  asksSignature = ''
  /** Whether it is in the queue. */
  isQueued = false
  /** The index in which the ticket can be found; undefined while a slowed user's ticket cannot be matched. */
  index: TicketIndex<Waiting<T>> | undefined
  buckets: readonly Bucket<Waiting<T>>[] = noBuckets
  slot = 0
  link = 0
  seenBy = 0
  isChoice = false
  /** The place among the tickets that have not searched yet; 0 after the search. */
  unsearchedLink = 0
  unsearchedSlot = 0
  /** Whether a partner was skipped only because of what the two people know of each other. */
  isHeld = false
  /** When a skipped partner may be met again; undefined if there is none. */
  heldUntilMs: number | undefined
  fair: readonly FairKey<Waiting<T>>[] = noKeys
  /** Whether the session knows that its ticket is in the queue. */
  isTold = false
  /** What was last told about the search; see `search-report.ts`. */
  toldOnline = 0
  toldEstimateMs: number | null = null
  toldState = 0
  dueAtMs = Infinity
  duePeriod: Period | undefined
  previousDue: Due | undefined
  nextDue: Due | undefined
  readonly #onDue: (waiting: Waiting<T>) => void

  constructor(
    entrant: T,
    pool: Pool<Waiting<T>>,
    sinceMs: number,
    onDue: (waiting: Waiting<T>) => void,
  ) {
    const { ticket, person } = entrant
    this.entrant = entrant
    this.person = person
    this.sessionId = ticket.sessionId
    this.pool = pool
    this.sinceMs = sinceMs
    this.ticket = ticket
    this.kind = kindOf(ticket)
    this.#onDue = onDue
    this.#sign()
  }

  /** When the search began to require these interests. */
  get interestsSinceMs(): number {
    return this.#interestsChangedAtMs ?? this.sinceMs
  }

  /** When the search began to require these languages. */
  get languagesSinceMs(): number {
    return this.#languagesChangedAtMs ?? this.sinceMs
  }

  /** Replaces the criteria. Those that differ are required anew, from now on. */
  change(ticket: Ticket, nowMs: number): void {
    const { interestKeys, languages } = this.ticket
    if (!isSame(interestKeys, ticket.interestKeys)) this.#interestsChangedAtMs = nowMs
    if (!isSame(languages, ticket.languages)) this.#languagesChangedAtMs = nowMs
    this.ticket = ticket
    this.kind = kindOf(ticket)
    this.#sign()
  }

  handleDue(): void {
    this.#onDue(this)
  }

  #sign(): void {
    const { attributes, asks } = this.ticket
    this.attributesSignature = signatureOf(attributes)
    this.asksSignature = asks.length === 0 ? '' : JSON.stringify([this.attributesSignature, asks])
  }
}

function signatureOf(attributes: Ticket['attributes']): string {
  // Most tickets have no attributes. A loop finds that out without an array of names.
  for (const _ in attributes) {
    const names = Object.keys(attributes).toSorted()
    return JSON.stringify(names.map((name) => [name, attributes[name]]))
  }
  return ''
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}
