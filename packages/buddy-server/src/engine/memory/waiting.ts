import { isFreeInInterests, isFreeInLanguages, isFreeInRegions } from '../may-meet.ts'
import type { Ticket } from '../ticket.ts'
import type { Due, Period } from './due-queue.ts'
import type { FairKey } from './fair-share.ts'
import type { Bucket } from './lists.ts'
import type { Person } from './people.ts'
import type { Pool } from './pool.ts'
import { kindOf } from './pool.ts'
import type { BucketMemo } from './interest-buckets.ts'
import type { Indexed, TicketIndex } from './ticket-index.ts'

/** A session that searches, with what the matchmaker must know of it. The object stays the same while it lasts. */
export interface Entrant {
  readonly person: Person
  /**
   * What the session may have in common with other sessions of the same user: its address, and the identity
   * that the site has signed. A new array, if they have changed. See `fair-share.ts`.
   */
  readonly fairKeys: readonly string[]
  /** The state of the matchmaker, which alone uses it: the ticket that waits, and what was looked up before. */
  waiting?: Waiting<Entrant> | undefined
  memo?: Memo<Waiting<Entrant>>
}

const noBuckets: readonly never[] = []
const noKeys: readonly never[] = []

/** What was looked up for a session. Its next search does not look it up again, if it is the same. */
export class Memo<W extends Indexed<W>> implements BucketMemo<W> {
  generation: object | undefined
  buckets: readonly Bucket<W>[] = noBuckets
  #pool: Pool<W> | undefined
  #fairNames: readonly string[] | undefined
  #fair: readonly FairKey<W>[] = noKeys

  /** Returns the keys of these names in the pool. */
  fairKeysOf(names: readonly string[], pool: Pool<W>, nowMs: number): readonly FairKey<W>[] {
    if (!pool.fair.isOn) return noKeys
    const isKnown = this.#pool === pool && this.#fairNames === names
    this.#fair = pool.fair.keysOf(names, nowMs, isKnown ? this.#fair : undefined)
    this.#pool = pool
    this.#fairNames = names
    return this.#fair
  }
}

/**
 * A ticket in the queue, or one that searches before it is queued. The matchmaker, the index, the fair share and
 * the search report keep their state of it here. The object is used again for another ticket, so that a search
 * creates no garbage, and the few objects of a short queue stay in the cache of the processor.
 */
export class Waiting<T extends Entrant> implements Due, Indexed<Waiting<T>> {
  /** The same as in `entrant`. */
  person: Person
  buckets: readonly Bucket<Waiting<T>>[] = noBuckets
  /** When the session began to wait, on the engine's clock. A change of the criteria does not change it. */
  sinceMs: number
  entrant: T
  memo: Memo<Waiting<T>>
  ticket: Ticket
  pool: Pool<Waiting<T>>
  /** See `kindOf`. */
  kind = 0
  /** When the interests, and the languages, were changed; undefined if the ticket has entered with them. */
  #interestsChangedAtMs: number | undefined
  #languagesChangedAtMs: number | undefined
  isFreeInInterests = false
  isFreeInLanguages = false
  isFreeInRegions = true
  attributesSignature = ''
  asksSignature = ''
  /** The place in the list of all that are in the queue; -1 if it is not there. */
  position = -1
  /** The index in which the ticket can be found; undefined while a slowed user's ticket cannot be matched. */
  index: TicketIndex<Waiting<T>> | undefined
  slot = 0
  link = 0
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
    ticket: Ticket,
    pool: Pool<Waiting<T>>,
    sinceMs: number,
    onDue: (waiting: Waiting<T>) => void,
  ) {
    this.entrant = entrant
    this.person = entrant.person
    this.memo = memoOf<T>(entrant)
    this.ticket = ticket
    this.pool = pool
    this.sinceMs = sinceMs
    this.isFreeInRegions = ticket.region === ''
    this.#onDue = onDue
    this.#accept(ticket)
  }

  /** Whether it is in the queue. */
  get isQueued(): boolean {
    return this.position >= 0
  }

  /** When the search began to require these interests. */
  get interestsSinceMs(): number {
    return this.#interestsChangedAtMs ?? this.sinceMs
  }

  /** When the search began to require these languages. */
  get languagesSinceMs(): number {
    return this.#languagesChangedAtMs ?? this.sinceMs
  }

  /** Resets all fields of this object, so that it can be used for another ticket. The present ticket must not be in the queue. */
  reuse(entrant: T, ticket: Ticket, pool: Pool<Waiting<T>>, sinceMs: number): void {
    this.entrant = entrant
    this.person = entrant.person
    this.memo = memoOf<T>(entrant)
    this.pool = pool
    this.sinceMs = sinceMs
    this.#interestsChangedAtMs = undefined
    this.#languagesChangedAtMs = undefined
    this.isFreeInInterests = false
    this.isFreeInLanguages = false
    this.isFreeInRegions = ticket.region === ''
    this.index = undefined
    this.isHeld = false
    this.heldUntilMs = undefined
    this.isTold = false
    this.toldState = 0
    this.#accept(ticket)
  }

  /** Drops all references, so that their memory can be freed. Only `reuse` may follow. */
  clear(): void {
    const none = undefined as never
    this.entrant = none
    this.person = none
    this.memo = none
    this.pool = none
    this.ticket = none
    this.index = undefined
    this.buckets = noBuckets
    this.fair = noKeys
  }

  /** Replaces the criteria. Those that differ are required anew, from now on. */
  change(ticket: Ticket, nowMs: number): void {
    const { interestKeys, languages } = this.ticket
    if (!isSame(interestKeys, ticket.interestKeys)) this.#interestsChangedAtMs = nowMs
    if (!isSame(languages, ticket.languages)) this.#languagesChangedAtMs = nowMs
    this.#accept(ticket)
  }

  /**
   * Lets the ticket accept more, if it has searched long enough.
   * @returns whether it accepts more than before
   */
  widen(nowMs: number): boolean {
    const { ticket, pool, index } = this
    const isBound = ticket.interestKeys.length > 0 || ticket.languages.length > 0
    const isFree = this.isFreeInInterests && this.isFreeInLanguages && this.isFreeInRegions
    if (!isBound && isFree) return false
    const schedule = pool.schedule()
    const isFreeNow = isFreeInInterests(ticket, nowMs - this.interestsSinceMs, schedule)
    const isFreeInLanguagesNow = isFreeInLanguages(ticket, nowMs - this.languagesSinceMs, schedule)
    const isFreeInRegionsNow = isFreeInRegions(ticket, nowMs - this.sinceMs, schedule)
    const isSameAsBefore =
      isFreeNow === this.isFreeInInterests &&
      isFreeInLanguagesNow === this.isFreeInLanguages &&
      isFreeInRegionsNow === this.isFreeInRegions
    if (isSameAsBefore) return false
    const isIndexed = this.slot !== 0
    if (isIndexed) index!.remove(this)
    this.isFreeInInterests = isFreeNow
    this.isFreeInLanguages = isFreeInLanguagesNow
    this.isFreeInRegions = isFreeInRegionsNow
    if (isIndexed) index!.add(this)
    return true
  }

  handleDue(): void {
    this.#onDue(this)
  }

  #accept(ticket: Ticket): void {
    const { attributes, asks } = ticket
    this.ticket = ticket
    this.kind = kindOf(ticket)
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

function memoOf<T extends Entrant>(entrant: T): Memo<Waiting<T>> {
  // An entrant's own memo has its type.
  return (entrant.memo ??= new Memo()) as unknown as Memo<Waiting<T>>
}
