import type { Clock } from '../../clock.ts'
import { forEachInSlices } from '../../slices.ts'
import type { SearchState } from '../engine.ts'
import type { WidenSchedule } from '../may-meet.ts'
import { isFreeInInterests, isFreeInLanguages } from '../may-meet.ts'
import type { Ticket } from '../ticket.ts'
import type { AcquaintanceDependencies } from './acquaintance.ts'
import { Acquaintance } from './acquaintance.ts'
import type { Due } from './due-queue.ts'
import { DueQueue } from './due-queue.ts'
import type { FairLimits } from './fair-share.ts'
import { Parking } from './parking.ts'
import type { Person } from './people.ts'
import type { Pool } from './pool.ts'
import { Pools } from './pool.ts'
import { nextDueMs, nextReport } from './search-report.ts'
import { Unsearched } from './unsearched.ts'
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
export interface MatchmakerDependencies<T extends Entrant> extends AcquaintanceDependencies {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Returns how long the searches of a site require a common interest and a common language. */
  readonly scheduleOf: (site: string) => WidenSchedule
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
  readonly #unsearched = new Unsearched<T>()
  readonly #acquaintance: Acquaintance<T>
  readonly #freed: Due = { dueAtMs: Infinity, handleDue: () => void this.handleRoomFreed() }
  readonly #handleDue = (waiting: Waiting<T>): void => this.#continue(waiting)

  constructor(dependencies: MatchmakerDependencies<T>) {
    const { clock, fairLimits, scheduleOf } = dependencies
    this.#dependencies = dependencies
    this.#due = new DueQueue(clock)
    this.#acquaintance = new Acquaintance(dependencies)
    this.#pools = new Pools<Waiting<T>>({
      fairLimits,
      scheduleOf,
      onDue: (pool) => this.#searchForHeld(pool),
    })
    this.#parking = new Parking({
      clock,
      due: this.#due,
      // A slowed user's ticket stays outside of all indexes.
      onMoved: (waiting) => {
        if (waiting.index) this.#move(waiting)
      },
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
    pool.addPerson(person)
    if (pool.fair.isOn) waiting.fair = pool.fair.keysOf(entrant.fairKeys, now)
    this.#widen(waiting)
    if (now - sinceMs >= ticket.delayMs) {
      this.#assignIndex(waiting)
      const match = this.#search(waiting)
      if (match) return match
    } else this.#enqueue(waiting)
    this.#wait(waiting)
    return undefined
  }

  /** Replaces the criteria of the session's ticket, if it waits. The ticket keeps its place. */
  change(ticket: Ticket): void {
    const waiting = this.#waiting.get(ticket.sessionId)
    if (!waiting) return
    const { index } = waiting
    if (index) index.remove(waiting)
    waiting.change(ticket, this.#dependencies.clock.now())
    this.#widen(waiting)
    if (index) {
      index.prepare(waiting)
      index.add(waiting)
    }
    waiting.toldState = 0
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
      const waiting = this.#unsearched.first
      if (!waiting) return false
      const match = this.#search(waiting)
      if (match) {
        onMatch(match)
        if (canOpenRoom() && this.#unsearched.size > 0) this.#due.set(this.#freed, clock.now())
        return true
      }
      this.#wait(waiting)
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
    const { ticket, pool, index } = waiting
    const isBound = ticket.interestKeys.length > 0 || ticket.languages.length > 0
    if (!isBound && waiting.isFreeInInterests && waiting.isFreeInLanguages) return false
    const now = this.#dependencies.clock.now()
    const schedule = pool.schedule()
    const isFreeNow = isFreeInInterests(ticket, now - waiting.interestsSinceMs, schedule)
    const isFreeInLanguagesNow = isFreeInLanguages(ticket, now - waiting.languagesSinceMs, schedule)
    const isSame =
      isFreeNow === waiting.isFreeInInterests && isFreeInLanguagesNow === waiting.isFreeInLanguages
    if (isSame) return false
    const isIndexed = waiting.slot !== 0
    if (isIndexed) index!.remove(waiting)
    waiting.isFreeInInterests = isFreeNow
    waiting.isFreeInLanguages = isFreeInLanguagesNow
    if (isIndexed) index!.add(waiting)
    return true
  }

  /**
   * Assigns the index that the ticket's parked keys require, but does not add the ticket.
   * @returns whether it was another one before
   */
  #assignIndex(waiting: Waiting<T>): boolean {
    const index = waiting.pool.indexOf(Parking.keysOf(waiting))
    if (index === waiting.index) return false
    if (waiting.slot !== 0) waiting.index!.remove(waiting)
    waiting.index = index
    index.prepare(waiting)
    return true
  }

  /** Puts a waiting ticket into the index that its parked keys require. */
  #move(waiting: Waiting<T>): void {
    const wasIndexed = waiting.index !== undefined
    if (!this.#assignIndex(waiting)) return
    waiting.index!.add(waiting)
    // Tickets of one key move together. With several keys there may be others in the new index.
    if (wasIndexed && waiting.fair.length > 1) this.#postpone(waiting)
  }

  /** Puts the ticket into the queue, and into its index if it has one. */
  #enqueue(waiting: Waiting<T>): void {
    if (waiting.isQueued) return
    waiting.isQueued = true
    this.#waiting.set(waiting.sessionId, waiting)
    for (const key of waiting.fair) key.add(waiting)
    waiting.index?.add(waiting)
  }

  #searchLater(waiting: Waiting<T>): void {
    const match = waiting.index && this.#search(waiting)
    if (match) this.#dependencies.onMatch(match)
    else this.#wait(waiting)
  }

  /** Tells what is known of the search, if it differs from what was told before. Sets what is due next. */
  #wait(waiting: Waiting<T>): void {
    const now = this.#dependencies.clock.now()
    const isFirst = !waiting.isTold
    const search = nextReport(waiting, now)
    if (search) this.#dependencies.onSearching(waiting.entrant, search, isFirst)
    // Something that is over already is due in the next turn, so that no mistake can occupy this one for ever.
    this.#due.set(waiting, Math.max(nextDueMs(waiting, now), now + 1))
  }

  /** Matches a ticket that has an index, or puts it into the queue, if it is not there. */
  #search(waiting: Waiting<T>): Match<T> | undefined {
    if (!this.#dependencies.canOpenRoom()) {
      this.#enqueue(waiting)
      this.#unsearched.add(waiting)
      return undefined
    }
    this.#unsearched.delete(waiting)
    if (waiting.isHeld) waiting.pool.held.delete(waiting)
    waiting.isHeld = false
    waiting.heldUntilMs = undefined
    const partner = waiting.index!.find(waiting, this.#acquaintance.accepts)
    const skipped = this.#acquaintance.takeSkipped()
    if (partner) return this.#match(partner, waiting)
    this.#enqueue(waiting)
    if (skipped.length > 0) this.#hold(waiting, skipped)
    return undefined
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
      if (other.isTold) this.#wait(other)
    }
  }

  #match(partner: Waiting<T>, searcher: Waiting<T>): Match<T> {
    const { pool } = searcher
    const now = this.#dependencies.clock.now()
    const waited = this.#take(partner, now)
    const arrived = this.#take(searcher, now)
    const isRematch = this.#acquaintance.isRematch(searcher, partner)
    if (pool.fair.isOn) {
      pool.fair.handleMatch(partner.fair, searcher.fair, now)
      this.#parking.handleMatch(pool, partner.fair)
      this.#parking.handleMatch(pool, searcher.fair)
    }
    return { waited, arrived, isRematch, pool }
  }

  #take(waiting: Waiting<T>, nowMs: number): Matched<T> {
    const { entrant, ticket, sinceMs, pool } = waiting
    const waitMs = nowMs - sinceMs
    if (waiting.isTold) pool.waitsOf(waiting.kind).add(waitMs)
    this.#remove(waiting)
    return { entrant, ticket, waitMs }
  }

  #remove(waiting: Waiting<T>): void {
    if (!waiting.isQueued) return
    waiting.isQueued = false
    this.#waiting.delete(waiting.sessionId)
    if (waiting.slot !== 0) waiting.index!.remove(waiting)
    this.#unsearched.delete(waiting)
    this.#due.set(waiting, Infinity)
    if (waiting.isHeld) waiting.pool.held.delete(waiting)
    for (const key of waiting.fair) key.delete(waiting)
  }

  /** Lets the ticket search at the next opportunity. */
  #postpone(waiting: Waiting<T>): void {
    this.#unsearched.add(waiting)
    const { canOpenRoom, clock } = this.#dependencies
    if (canOpenRoom()) this.#due.set(this.#freed, clock.now())
  }

  #searchForHeld(pool: Pool<Waiting<T>>): void {
    pool.heldSearchedAtMs = this.#dependencies.clock.now()
    // Searches change the set, so a copy is visited.
    const held = [...pool.held]
    for (const waiting of held) {
      if (waiting.isQueued) this.#searchLater(waiting)
    }
  }
}
