import type { Clock } from '../../clock.ts'
import { forEachInSlices } from '../../slices.ts'
import type { SearchState } from '../engine.ts'
import type { WidenSchedule } from '../may-meet.ts'
import { isFreeInInterests, isFreeInLanguages } from '../may-meet.ts'
import type { Ticket } from '../ticket.ts'
import { Chain } from './chain.ts'
import type { Due } from './due-queue.ts'
import { DueQueue } from './due-queue.ts'
import type { FairLimits } from './fair-share.ts'
import { Parking } from './parking.ts'
import type { People, Person } from './people.ts'
import type { Pool } from './pool.ts'
import { Pools } from './pool.ts'
import { nextDueMs, nextReport } from './search-report.ts'
import type { Entrant } from './waiting.ts'
import { Waiting } from './waiting.ts'

/** One of two matched tickets, with its latest criteria. */
interface Matched<T> {
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

/** The dependencies of {@link Matchmaker}. */
export interface MatchmakerDependencies<T extends Entrant> {
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly people: Pick<People, 'relationOf' | 'avoidsUntilMs' | 'avoidsAll'>
  /** Returns how long the searches of a site require a common interest and a common language. */
  readonly scheduleOf: (site: string) => WidenSchedule
  /**
   * Returns the rematch delay: recent partners meet again only after one of them has waited this long, and
   * only if both have nobody else in the pool.
   */
  readonly rematchDelayMs: () => number
  readonly fairLimits: () => FairLimits
  /** Returns false while no other room can be opened. All tickets wait until one can. */
  readonly canOpenRoom: () => boolean
  /** Called when a match is made, except for those that `enter` returns. */
  readonly onMatch: (match: Match<T>) => void
  /** Called when a ticket was queued (then `isFirst`), and when something about its search has changed. */
  readonly onSearching: (entrant: T, search: SearchState, isFirst: boolean) => void
}

/** So many tickets search in one turn of the event loop after a room has become free. */
const maxSearches = 200
/** The least time between two searches for all tickets that are held in a pool. */
const heldIntervalMs = 100

/**
 * Matches tickets on arrival. An arriving ticket searches the index of its pool for the best partner (see
 * `ticket-index.ts`), and then waits in it. So of two waiting tickets, the later one has examined the other,
 * and no periodic matching is necessary: a ticket searches again only when it accepts more (it widens or
 * changes), or when something outside the tickets has changed (see `#hold`). Tickets that cannot search,
 * because all rooms are taken, wait in one list, and search when a room becomes free, the oldest first.
 */
export class Matchmaker<T extends Entrant> {
  readonly #dependencies: MatchmakerDependencies<T>
  readonly #waiting = new Map<string, Waiting<T>>()
  readonly #pools: Pools<Waiting<T>>
  readonly #due: DueQueue
  readonly #parking: Parking<T>
  /** The tickets that have not searched since they last began to accept a partner. */
  readonly #unsearched = new Chain<Waiting<T>>()
  readonly #freed: Due = { dueAtMs: Infinity, handleDue: () => void this.handleRoomFreed() }
  readonly #handleDue = (waiting: Waiting<T>): void => this.#continue(waiting)
  readonly #isAccepted = (waiting: Waiting<T>, candidate: Waiting<T>): boolean =>
    this.#accepts(waiting, candidate)
  /** The partners that the present search has skipped because of what the people know of each other. */
  #skipped: Waiting<T>[] = []

  constructor(dependencies: MatchmakerDependencies<T>) {
    const { clock, fairLimits, scheduleOf } = dependencies
    this.#dependencies = dependencies
    this.#due = new DueQueue(clock)
    this.#pools = new Pools<Waiting<T>>({
      fairLimits,
      scheduleOf,
      onDue: (pool) => this.#searchForHeld(pool),
    })
    this.#parking = new Parking({
      clock,
      due: this.#due,
      onMoved: (waiting) => this.#move(waiting),
      onReleased: (waiting) => this.#searchLater(waiting),
    })
  }

  /** The number of waiting tickets. */
  get size(): number {
    return this.#waiting.size
  }

  /** Returns the pool of a ticket. */
  poolOf(ticket: Ticket): Pool<Waiting<T>> {
    return this.#pools.find(ticket)
  }

  /**
   * Matches the ticket at once, or queues it. The ticket replaces an earlier one of the session.
   * @param sinceMs when the session began to wait, if that was earlier
   * @returns undefined if the ticket was queued
   */
  enter(entrant: T, sinceMs: number = this.#dependencies.clock.now()): Match<T> | undefined {
    const { ticket, person } = entrant
    this.withdraw(ticket.sessionId)
    const now = this.#dependencies.clock.now()
    const pool = this.#pools.find(ticket)
    const waiting = new Waiting(entrant, pool, sinceMs, this.#handleDue)
    this.#waiting.set(ticket.sessionId, waiting)
    pool.addPerson(person)
    if (pool.fair.isOn) {
      waiting.fair = entrant.fairKeys.map((name) => pool.fair.keyOf(name, now))
      for (const key of waiting.fair) key.waiting.add(waiting)
    }
    this.#widen(waiting)
    if (now - sinceMs >= ticket.delayMs) {
      this.#move(waiting)
      const match = this.#search(waiting)
      if (match) return match
    }
    this.#tell(waiting)
    this.#schedule(waiting)
    return undefined
  }

  /** Replaces the criteria of the session's ticket, if it waits. The ticket keeps its place. */
  change(ticket: Ticket): void {
    const waiting = this.#waiting.get(ticket.sessionId)
    if (!waiting) return
    const { index } = waiting
    index?.remove(waiting)
    waiting.index = undefined
    waiting.change(ticket, this.#dependencies.clock.now())
    this.#widen(waiting)
    waiting.index = index
    index?.add(waiting)
    waiting.told = undefined
    this.#searchLater(waiting)
  }

  /** Removes the session's ticket, if it waits. */
  withdraw(id: string): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#remove(waiting)
    this.handleLeft(waiting.pool, waiting.entrant.person)
  }

  /** Call this when a session has left the room that it was in after a match. */
  handleLeft(pool: Pool<Waiting<T>>, person: Person): void {
    const before = pool.peopleCount
    pool.removePerson(person)
    if (pool.peopleCount < before && pool.held.size > 0 && pool.dueAtMs === Infinity) {
      // Perhaps those who are held have nobody else now, and so may meet again.
      const { clock } = this.#dependencies
      this.#due.set(pool, Math.max(clock.now(), pool.heldSearchedAtMs + heldIntervalMs))
    }
    this.#pools.removeIfEmpty(pool)
  }

  /** Call this when the pool of a present session's latest ticket has changed; undefined if it has none. */
  handleVisit(former: Pool<Waiting<T>> | undefined, next: Pool<Waiting<T>> | undefined): void {
    if (former === next) return
    if (next) next.online++
    if (!former) return
    former.online--
    this.#pools.removeIfEmpty(former)
  }

  /**
   * Lets tickets search that could not, because all rooms were taken. Call it when a room has become free.
   * @returns whether two tickets were matched
   */
  handleRoomFreed(): boolean {
    const { canOpenRoom, clock, onMatch } = this.#dependencies
    for (let left = maxSearches; left > 0 && canOpenRoom(); left--) {
      const waiting = this.#unsearched.first()?.item
      if (!waiting) return false
      const match = this.#search(waiting)
      if (match) {
        onMatch(match)
        if (canOpenRoom() && this.#unsearched.size > 0) this.#due.set(this.#freed, clock.now())
        return true
      }
      this.#tell(waiting)
      this.#schedule(waiting)
    }
    if (canOpenRoom() && this.#unsearched.size > 0) this.#due.set(this.#freed, clock.now())
    return false
  }

  /**
   * Matches all tickets that can be matched now, over several turns of the event loop, beginning in this one.
   * Call it when settings have changed.
   */
  async handleReload(): Promise<void> {
    await forEachInSlices(this.#matchAll(), () => undefined)
    await forEachInSlices(this.#waiting.values(), (waiting) => this.#continue(waiting))
  }

  *#matchAll(): Iterable<void> {
    while (this.handleRoomFreed()) yield
  }

  /** Does what is due for a ticket: lets it be found, widens its search, searches again, tells about it. */
  #continue(waiting: Waiting<T>): void {
    const { ticket, sinceMs } = waiting
    const isDelayOver = this.#dependencies.clock.now() - sinceMs >= ticket.delayMs
    const isNew = !waiting.index && isDelayOver
    if (isNew) this.#move(waiting)
    const isWider = this.#widen(waiting)
    if (isNew || isWider || waiting.isHeld) this.#searchLater(waiting)
    else this.#wait(waiting)
  }

  /**
   * Lets the ticket accept more, if it has searched long enough.
   * @returns whether it accepts more than before
   */
  #widen(waiting: Waiting<T>): boolean {
    const { ticket, pool, interestsSinceMs, languagesSinceMs, index } = waiting
    const now = this.#dependencies.clock.now()
    const schedule = pool.schedule()
    const isFreeNow = isFreeInInterests(ticket, now - interestsSinceMs, schedule)
    const isFreeInLanguagesNow = isFreeInLanguages(ticket, now - languagesSinceMs, schedule)
    const isSame =
      isFreeNow === waiting.isFreeInInterests && isFreeInLanguagesNow === waiting.isFreeInLanguages
    if (isSame) return false
    index?.remove(waiting)
    waiting.isFreeInInterests = isFreeNow
    waiting.isFreeInLanguages = isFreeInLanguagesNow
    index?.add(waiting)
    return true
  }

  /** Puts the ticket into the index that its parked keys require. */
  #move(waiting: Waiting<T>): void {
    const index = waiting.pool.indexOf(Parking.keysOf(waiting))
    if (index === waiting.index) return
    const wasIndexed = waiting.index !== undefined
    waiting.index?.remove(waiting)
    waiting.index = index
    index.add(waiting)
    // Tickets of one key move together. With several keys there may be others in the new index.
    if (wasIndexed && waiting.fair.length > 1) this.#postpone(waiting)
  }

  #searchLater(waiting: Waiting<T>): void {
    const match = waiting.index && this.#search(waiting)
    if (match) this.#dependencies.onMatch(match)
    else this.#wait(waiting)
  }

  #wait(waiting: Waiting<T>): void {
    this.#tell(waiting)
    this.#schedule(waiting)
  }

  #search(waiting: Waiting<T>): Match<T> | undefined {
    if (!this.#dependencies.canOpenRoom()) {
      waiting.unsearched ??= this.#unsearched.add(waiting, waiting.sinceMs)
      return undefined
    }
    this.#unpostpone(waiting)
    if (waiting.isHeld) waiting.pool.held.delete(waiting)
    waiting.isHeld = false
    waiting.heldUntilMs = Infinity
    const partner = waiting.index?.find(waiting, this.#isAccepted)
    const skipped = this.#skipped
    if (skipped.length > 0) this.#skipped = []
    if (partner) return this.#match(partner, waiting)
    if (skipped.length > 0) this.#hold(waiting, skipped)
    return undefined
  }

  /** Returns whether two people may meet. Notes why and until when not. */
  #accepts(waiting: Waiting<T>, candidate: Waiting<T>): boolean {
    const { person } = waiting
    const { person: other } = candidate
    // Whoever tries a page in two tabs meets themselves, but only while nobody else is there.
    if (person === other) return waiting.pool.peopleCount === 1
    const { people, rematchDelayMs, clock } = this.#dependencies
    const relation = people.relationOf(person, other)
    if (!relation) return true
    if (relation === 'recent') {
      const { pool } = waiting
      const relaxesAtMs = Math.min(waiting.sinceMs, candidate.sinceMs) + rematchDelayMs()
      if (relaxesAtMs > clock.now()) {
        waiting.heldUntilMs = Math.min(waiting.heldUntilMs, relaxesAtMs)
      } else if (
        people.avoidsAll(person, pool, pool.peopleCount) &&
        people.avoidsAll(other, pool, pool.peopleCount)
      ) {
        return true
      }
      const endsAtMs = people.avoidsUntilMs(person, other)
      waiting.heldUntilMs = Math.min(waiting.heldUntilMs, endsAtMs)
    }
    this.#skipped.push(candidate)
    return false
  }

  /**
   * Notes that tickets would have been matched, if their people did not avoid each other. They search again
   * when the rematch delay or the time of avoidance is over, when somebody leaves the pool, and when their
   * clients are told again.
   */
  #hold(waiting: Waiting<T>, skipped: readonly Waiting<T>[]): void {
    const { held } = waiting.pool
    waiting.isHeld = true
    held.add(waiting)
    for (const other of skipped) {
      held.add(other)
      if (other.isHeld) continue
      other.isHeld = true
      if (other.isQueued) this.#wait(other)
    }
  }

  #match(partner: Waiting<T>, searcher: Waiting<T>): Match<T> {
    const { clock, people } = this.#dependencies
    const { pool } = searcher
    const now = clock.now()
    const waited = this.#take(partner, now)
    const arrived = this.#take(searcher, now)
    const isRematch = people.relationOf(waited.entrant.person, arrived.entrant.person) === 'recent'
    if (pool.fair.isOn) {
      pool.fair.handleMatch(partner.fair, searcher.fair, now)
      this.#parking.handleMatch(pool, partner.fair)
      this.#parking.handleMatch(pool, searcher.fair)
    }
    return { waited, arrived, isRematch, pool }
  }

  #take(waiting: Waiting<T>, nowMs: number): Matched<T> {
    const { entrant, ticket, sinceMs, isQueued, pool } = waiting
    const waitMs = nowMs - sinceMs
    if (isQueued) pool.waitsOf(ticket).add(waitMs)
    this.#remove(waiting)
    return { entrant, ticket, waitMs }
  }

  #remove(waiting: Waiting<T>): void {
    this.#waiting.delete(waiting.entrant.ticket.sessionId)
    waiting.index?.remove(waiting)
    this.#unpostpone(waiting)
    this.#due.set(waiting, Infinity)
    if (waiting.isHeld) waiting.pool.held.delete(waiting)
    for (const key of waiting.fair) {
      key.waiting.delete(waiting)
      key.released?.delete(waiting)
    }
  }

  /** Lets the ticket search at the next opportunity. */
  #postpone(waiting: Waiting<T>): void {
    waiting.unsearched ??= this.#unsearched.add(waiting, waiting.sinceMs)
    const { canOpenRoom, clock } = this.#dependencies
    if (canOpenRoom()) this.#due.set(this.#freed, clock.now())
  }

  #unpostpone(waiting: Waiting<T>): void {
    if (waiting.unsearched) this.#unsearched.remove(waiting.unsearched)
    waiting.unsearched = undefined
  }

  #searchForHeld(pool: Pool<Waiting<T>>): void {
    pool.heldSearchedAtMs = this.#dependencies.clock.now()
    // Searches change the set, so a copy is visited.
    const held = [...pool.held]
    for (const waiting of held) {
      if (this.#waiting.get(waiting.ticket.sessionId) === waiting) this.#searchLater(waiting)
    }
  }

  /** Tells what is known of the search, if it differs from what was told before. */
  #tell(waiting: Waiting<T>): void {
    const isFirst = !waiting.isQueued
    const search = nextReport(waiting, this.#dependencies.clock.now())
    if (search) this.#dependencies.onSearching(waiting.entrant, search, isFirst)
  }

  /** Sets when there is something to do for the ticket. */
  #schedule(waiting: Waiting<T>): void {
    const atMs = nextDueMs(waiting)
    // Something that is over already is due in the next turn, so that no mistake can occupy this one for ever.
    this.#due.set(waiting, Math.max(atMs, this.#dependencies.clock.now() + 1))
  }
}
