import type { Cancel, Clock } from '../../clock.ts'
import { forEachInSlices } from '../../slices.ts'
import { CrowdedPools, type Pool } from './crowded-pools.ts'

/** A ticket in the queue, as far as matching needs it. */
export interface QueuedTicket {
  /** The session's id. */
  readonly id: string
  /** Only tickets of one pool can meet. */
  readonly pool: string
  /** The session's latest partner, if it had one. */
  readonly latestPartnerId: string | undefined
}

/** Two tickets that were paired, and are not in the queue any more. */
export interface Match<T> {
  readonly waited: T
  readonly arrived: T
  /** How long each of the two was in the queue, in this order. */
  readonly waitsMs: readonly [number, number]
}

interface Waiting<T> {
  readonly ticket: T
  readonly pool: WaitingPool<T>
  readonly sinceMs: number
  cancelRetry: Cancel | undefined
}

/** Tickets of one pool by session, oldest first (a Map keeps its order). */
class WaitingPool<T> implements Pool {
  readonly key: string
  readonly tickets = new Map<string, Waiting<T>>()

  constructor(key: string) {
    this.key = key
  }

  get size(): number {
    return this.tickets.size
  }

  get oldestSinceMs(): number {
    for (const { sinceMs } of this.tickets.values()) return sinceMs
    return Infinity
  }
}

interface MatchmakerDependencies<T> {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Two sessions that were each other's latest partner meet again only after one has waited this long. */
  readonly rematchDelayMs: () => number
  /** False while all rooms are taken: then all tickets wait. */
  readonly canOpenRoom: () => boolean
  /** Two tickets were paired after both had entered. A pair found on arrival is what `enter` returns. */
  readonly onMatch: (match: Match<T>) => void
}

/**
 * Pairs tickets on arrival, first come, first served. There is no periodic matching, because a ticket
 * never waits while a compatible one waits and a room is free.
 *
 * Pairing is O(1). While rooms are free, all tickets that wait in one pool are barred from each other,
 * and two are barred only if each is the other's latest partner. Each ticket has one latest partner,
 * so no third can be barred from both: at most two wait, and an arrival looks at no more. While all
 * rooms are taken, no pool is searched. A room that becomes free takes from the pool whose oldest
 * ticket is the oldest, in logarithmic time in the number of such pools.
 */
export class Matchmaker<T extends QueuedTicket> {
  readonly #dependencies: MatchmakerDependencies<T>
  readonly #pools = new Map<string, WaitingPool<T>>()
  readonly #crowded = new CrowdedPools<WaitingPool<T>>()
  readonly #waiting = new Map<string, Waiting<T>>()

  constructor(dependencies: MatchmakerDependencies<T>) {
    this.#dependencies = dependencies
  }

  /** How many tickets wait. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Pairs the ticket at once, or lets it wait. It replaces an earlier ticket of the session.
   * @returns undefined if the ticket waits
   */
  enter(ticket: T): Match<T> | undefined {
    this.withdraw(ticket.id)
    const { clock } = this.#dependencies
    const { id, pool: key } = ticket
    const pool = this.#pools.get(key) ?? new WaitingPool<T>(key)
    const waiting: Waiting<T> = { ticket, pool, sinceMs: clock.now(), cancelRetry: undefined }
    this.#waiting.set(id, waiting)
    this.#pools.set(key, pool)
    pool.tickets.set(id, waiting)
    this.#crowded.update(pool)
    const match = this.#pair(waiting)
    if (!match && ticket.latestPartnerId !== undefined) this.#retryWhenFree(waiting)
    return match
  }

  /** Removes the session's ticket, if it waits. */
  withdraw(id: string): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    waiting.cancelRetry?.()
    this.#waiting.delete(id)
    const { pool } = waiting
    pool.tickets.delete(id)
    this.#crowded.update(pool)
    if (pool.size === 0) this.#pools.delete(pool.key)
  }

  /**
   * Pairs two tickets that wait. Call it when a room has become free after all were taken.
   * @returns whether there was such a pair
   */
  handleRoomFreed(): boolean {
    if (!this.#dependencies.canOpenRoom()) return false
    return this.#crowded.findOldest(({ tickets }) => {
      for (const waiting of tickets.values()) if (this.#matchLater(waiting)) return true
      return false
    })
  }

  /**
   * Pairs all tickets that can be paired now, in slices, beginning in this turn of the event loop. Call it
   * when there may be more rooms than before, or a shorter rematch delay.
   */
  async handleReload(): Promise<void> {
    await forEachInSlices(this.#pairs(), () => undefined)
    await forEachInSlices(this.#waiting.values(), (waiting) => {
      if (!waiting.cancelRetry) return
      waiting.cancelRetry()
      this.#retryWhenFree(waiting)
    })
  }

  *#pairs(): Iterable<void> {
    while (this.handleRoomFreed()) yield
  }

  /** Tries once more when the latest partner is not barred any more. */
  #retryWhenFree(waiting: Waiting<T>): void {
    const { clock, rematchDelayMs } = this.#dependencies
    const leftMs = waiting.sinceMs + rematchDelayMs() - clock.now()
    // Timers have whole milliseconds and may fire a little early; then there is one more timer.
    if (leftMs <= 0) this.#matchLater(waiting)
    else waiting.cancelRetry = clock.after(leftMs, () => this.#retryWhenFree(waiting))
  }

  #matchLater(waiting: Waiting<T>): boolean {
    const match = this.#pair(waiting)
    if (match) this.#dependencies.onMatch(match)
    return match !== undefined
  }

  #pair(arrived: Waiting<T>): Match<T> | undefined {
    const { canOpenRoom, clock } = this.#dependencies
    if (!canOpenRoom()) return undefined
    for (const waited of arrived.pool.tickets.values()) {
      if (waited === arrived || this.#areBarred(waited, arrived)) continue
      this.withdraw(waited.ticket.id)
      this.withdraw(arrived.ticket.id)
      const now = clock.now()
      return {
        waited: waited.ticket,
        arrived: arrived.ticket,
        waitsMs: [now - waited.sinceMs, now - arrived.sinceMs],
      }
    }
    return undefined
  }

  #areBarred(one: Waiting<T>, other: Waiting<T>): boolean {
    const { clock, rematchDelayMs } = this.#dependencies
    const wereTogether =
      one.ticket.latestPartnerId === other.ticket.id &&
      other.ticket.latestPartnerId === one.ticket.id
    return wereTogether && clock.now() - Math.min(one.sinceMs, other.sinceMs) < rematchDelayMs()
  }
}
