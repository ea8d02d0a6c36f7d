import type { Clock } from '../../clock.ts'
import { forEachInSlices } from '../../slices.ts'
import type { SearchState } from '../engine.ts'
import type { WidenSchedule } from '../may-meet.ts'
import type { Ticket } from '../ticket.ts'
import type { AcquaintanceDependencies } from './acquaintance.ts'
import { Acquaintance } from './acquaintance.ts'
import { DueQueue } from './due-queue.ts'
import type { FairLimits } from './fair-share.ts'
import { Holding } from './holding.ts'
import type { Match, Matched } from './match.ts'
import { Parking } from './parking.ts'
import type { Person } from './people.ts'
import type { Pool } from './pool.ts'
import { Pools } from './pool.ts'
import { nextDueMs, nextReport, widensAtMs } from './search-report.ts'
import { Spare } from './spare.ts'
import { Unsearched } from './unsearched.ts'
import type { Entrant, Waiting } from './waiting.ts'
import { WaitingList } from './waiting-list.ts'

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

/**
 * Matches tickets on arrival. An arriving ticket searches the index of its pool for the best partner (see
 * `ticket-index.ts`), and then waits in it. So of two waiting tickets, the later one has examined the other,
 * and no periodic matching is necessary: a ticket searches again only when it accepts more (it widens or
 * changes), or when something outside the tickets has changed (see `holding.ts`). Tickets that cannot search,
 * because all rooms are taken, wait in one list, and search when a room becomes free, the oldest first.
 */
export class Matchmaker<T extends Entrant> {
  readonly #dependencies: MatchmakerDependencies<T>
  readonly #queue = new WaitingList<Waiting<T>>()
  readonly #pools: Pools<Waiting<T>>
  readonly #due: DueQueue
  readonly #parking: Parking<T>
  readonly #unsearched: Unsearched<T>
  readonly #acquaintance: Acquaintance<T>
  readonly #holding: Holding<T>
  readonly #spare: Spare<T>

  constructor(dependencies: MatchmakerDependencies<T>) {
    const { clock, fairLimits, scheduleOf, canOpenRoom } = dependencies
    this.#dependencies = dependencies
    this.#due = new DueQueue(clock)
    this.#spare = new Spare(this.#due, (waiting) => this.#continue(waiting))
    this.#acquaintance = new Acquaintance(dependencies)
    const common = {
      clock,
      due: this.#due,
      canOpenRoom,
      onSearch: (waiting: Waiting<T>) => this.#searchLater(waiting),
    }
    this.#unsearched = new Unsearched(common)
    this.#holding = new Holding({
      ...common,
      onHeld: (waiting) => {
        if (waiting.isTold) this.#wait(waiting, clock.now())
      },
    })
    this.#pools = new Pools<Waiting<T>>({
      fairLimits,
      scheduleOf,
      onDue: (pool) => this.#holding.searchAll(pool),
    })
    this.#parking = new Parking({
      ...common,
      // A slowed user's ticket stays outside of all indexes.
      onMoved: (waiting) => {
        if (waiting.index) this.#move(waiting)
      },
    })
  }

  /** The number of waiting tickets. */
  get size(): number {
    return this.#queue.size
  }

  /** Returns the pool of a ticket. */
  poolOf(ticket: Ticket): Pool<Waiting<T>> {
    return this.#pools.find(ticket)
  }

  /**
   * Matches the ticket at once, or queues it. It replaces an earlier one of the session.
   * @param sinceMs when the session began to wait, if that was earlier
   * @returns undefined if the ticket was queued
   */
  enter(entrant: T, ticket: Ticket, sinceMs?: number): Match<T> | undefined {
    this.withdraw(entrant)
    const now = this.#dependencies.clock.now()
    const pool = this.#pools.find(ticket)
    const waiting = this.#spare.take(entrant, ticket, pool, sinceMs ?? now)
    pool.addPerson(waiting.person)
    waiting.fair = waiting.memo.fairKeysOf(entrant.fairKeys, pool, now)
    waiting.widen(now)
    if (now - waiting.sinceMs >= ticket.delayMs) {
      this.#assignIndex(waiting)
      const match = this.#search(waiting, now)
      if (match) return match
    } else this.#enqueue(waiting)
    this.#wait(waiting, now)
    return undefined
  }

  /** Replaces the criteria of the session's ticket, if it waits. The ticket keeps its place. */
  change(entrant: T, ticket: Ticket): void {
    const waiting = this.#waitingOf(entrant)
    if (!waiting) return
    const { index } = waiting
    const now = this.#dependencies.clock.now()
    if (index) index.remove(waiting)
    waiting.change(ticket, now)
    waiting.widen(now)
    if (index) {
      index.prepare(waiting)
      index.add(waiting)
    }
    waiting.toldState = 0
    this.#searchLater(waiting)
  }

  /** Removes the session's ticket, if it waits. */
  withdraw(entrant: T): void {
    const waiting = this.#waitingOf(entrant)
    if (!waiting) return
    const { pool, person } = waiting
    this.#remove(waiting)
    this.#spare.free(waiting)
    this.handleLeft(pool, person)
  }

  /** Call this when a session has left the room that it was in after a match. */
  handleLeft(pool: Pool<Waiting<T>>, person: Person): void {
    const before = pool.peopleCount
    pool.removePerson(person)
    if (pool.peopleCount < before) this.#holding.handleLeft(pool)
    this.#pools.removeIfEmpty(pool)
  }

  /** Call this when the pool of a present session's latest ticket has changed; undefined if it has none. */
  handleVisit(former: Pool<Waiting<T>> | undefined, next: Pool<Waiting<T>> | undefined): void {
    if (former !== next) this.#pools.handleVisit(former, next)
  }

  /**
   * Lets tickets search that could not, because all rooms were taken. Call it when a room has become free.
   * @returns whether two tickets were matched
   */
  handleRoomFreed(): boolean {
    return this.#unsearched.search()
  }

  /**
   * Matches all tickets that can be matched now, over several turns of the event loop, beginning in this one.
   * Call it when settings have changed.
   */
  async handleReload(): Promise<void> {
    await forEachInSlices(this.#matchAll(), () => undefined)
    await forEachInSlices(this.#queue, (waiting) => this.#continue(waiting))
  }

  *#matchAll(): Iterable<void> {
    while (this.handleRoomFreed()) yield
  }

  #waitingOf(entrant: T): Waiting<T> | undefined {
    // An entrant's own ticket has its type.
    return entrant.waiting as Waiting<T> | undefined
  }

  /** Does what is due for a ticket: lets it be found, widens its search, searches again, tells about it. */
  #continue(waiting: Waiting<T>): void {
    if (!waiting.isQueued) return
    const { ticket, sinceMs } = waiting
    const now = this.#dependencies.clock.now()
    const isNew = !waiting.index && now - sinceMs >= ticket.delayMs
    if (isNew) this.#move(waiting)
    const isWider = waiting.widen(now)
    if (isNew || isWider || waiting.isHeld) this.#searchLater(waiting)
    else this.#wait(waiting, now)
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
    if (!wasIndexed || waiting.fair.length === 1) return
    this.#unsearched.add(waiting)
    this.#unsearched.searchSoon()
  }

  /** Puts the ticket into the queue, and into its index if it has one. */
  #enqueue(waiting: Waiting<T>): void {
    if (waiting.isQueued) return
    this.#queue.add(waiting)
    waiting.entrant.waiting = waiting as unknown as Waiting<Entrant>
    for (const key of waiting.fair) key.add(waiting)
    waiting.index?.add(waiting)
  }

  /** Searches again for a waiting ticket. Returns whether it was matched. */
  #searchLater(waiting: Waiting<T>): boolean {
    const now = this.#dependencies.clock.now()
    const match = waiting.index && this.#search(waiting, now)
    if (match) this.#dependencies.onMatch(match)
    else this.#wait(waiting, now)
    return match !== undefined
  }

  /** Sets what is due next. Tells what is known of the search, if it differs from what was told before. */
  #wait(waiting: Waiting<T>, now: number): void {
    const isFirst = !waiting.isTold
    const widensAt = widensAtMs(waiting)
    // Something that is over already is due in the next turn, so that no mistake can occupy this one for ever.
    this.#due.set(waiting, Math.max(nextDueMs(waiting, now, widensAt), now + 1))
    const search = nextReport(waiting, now, widensAt)
    if (search) this.#dependencies.onSearching(waiting.entrant, search, isFirst)
  }

  /** Matches a ticket that has an index, or puts it into the queue, if it is not there. */
  #search(waiting: Waiting<T>, now: number): Match<T> | undefined {
    if (!this.#dependencies.canOpenRoom()) {
      this.#enqueue(waiting)
      this.#unsearched.add(waiting)
      return undefined
    }
    this.#unsearched.delete(waiting)
    this.#holding.release(waiting)
    waiting.heldUntilMs = undefined
    const partner = waiting.index!.find(waiting, this.#acquaintance.accepts)
    const skipped = this.#acquaintance.takeSkipped()
    if (partner) return this.#match(partner, waiting, now)
    this.#enqueue(waiting)
    if (skipped.length > 0) this.#holding.hold(waiting, skipped)
    return undefined
  }

  #match(partner: Waiting<T>, searcher: Waiting<T>, now: number): Match<T> {
    const { pool } = searcher
    const waited = this.#take(partner, now)
    const arrived = this.#take(searcher, now)
    const isRematch = this.#acquaintance.isRematch(searcher, partner)
    if (pool.fair.isOn) {
      pool.fair.handleMatch(partner.fair, searcher.fair, now)
      this.#parking.handleMatch(pool, partner.fair, now)
      this.#parking.handleMatch(pool, searcher.fair, now)
    }
    this.#spare.free(partner)
    this.#spare.free(searcher)
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
    this.#queue.delete(waiting)
    waiting.entrant.waiting = undefined
    if (waiting.slot !== 0) waiting.index!.remove(waiting)
    this.#unsearched.delete(waiting)
    this.#due.pause(waiting)
    this.#holding.release(waiting)
    for (const key of waiting.fair) key.delete(waiting)
  }
}
