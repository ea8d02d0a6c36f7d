import type { Cancel, Clock } from '../../clock.ts'
import { forEachInSlices } from '../../slices.ts'
import type { Ticket } from '../ticket.ts'
import { poolOf } from '../ticket.ts'
import { CrowdedPools, type Pool } from './crowded-pools.ts'

/**
 * A ticket in the queue, and the session's latest partner. The two sessions are matched with each other again
 * only after the rematch delay.
 */
export interface QueueEntry {
  readonly ticket: Ticket
  /** The session's latest partner, if it had one. */
  readonly latestPartnerId: string | undefined
}

/** Two matched tickets, which are no longer in the queue. */
export interface Match<T> {
  readonly waited: T
  readonly arrived: T
  /** How long the tickets `waited` and `arrived` were in the queue, in this order. */
  readonly waitsMs: readonly [number, number]
}

interface Waiting<T> {
  readonly entry: T
  readonly pool: WaitingPool<T>
  readonly sinceMs: number
  cancelRetry: Cancel | undefined
}

/** The tickets of one pool by session id, oldest first (a Map keeps the order of insertion). */
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
  /**
   * Returns the rematch delay. If two sessions were each other's latest partner, they are matched again only
   * after one of them has waited this long.
   */
  readonly rematchDelayMs: () => number
  /** Returns false while no other room can be opened. All tickets wait until one can. */
  readonly canOpenRoom: () => boolean
  /**
   * Called when two waiting tickets are matched. A match of an arriving ticket is returned by `enter`
   * instead.
   */
  readonly onMatch: (match: Match<T>) => void
}

/**
 * Matches tickets on arrival, first come, first served. There is no periodic matching, because a ticket never
 * waits while a compatible one waits and a room is free.
 *
 * Matching is O(1). While rooms are free, two tickets of one pool both wait only if each session is the
 * latest partner of the other and the rematch delay is not over. A session has only one latest partner. So at
 * most two tickets of a pool wait, and an arriving ticket is compared with at most two. While all rooms are
 * taken, no pool is searched. When a room becomes free, the pool with the oldest ticket is searched first;
 * finding it takes logarithmic time in the number of pools with at least two tickets.
 */
export class Matchmaker<T extends QueueEntry> {
  readonly #dependencies: MatchmakerDependencies<T>
  readonly #pools = new Map<string, WaitingPool<T>>()
  readonly #crowded = new CrowdedPools<WaitingPool<T>>()
  readonly #waiting = new Map<string, Waiting<T>>()

  constructor(dependencies: MatchmakerDependencies<T>) {
    this.#dependencies = dependencies
  }

  /** The number of waiting tickets. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Matches the ticket at once, or queues it. The ticket replaces an earlier one of the session.
   * @returns undefined if the ticket was queued
   */
  enter(entry: T): Match<T> | undefined {
    const { sessionId: id } = entry.ticket
    this.withdraw(id)
    const { clock } = this.#dependencies
    const key = poolOf(entry.ticket)
    const pool = this.#pools.get(key) ?? new WaitingPool<T>(key)
    const waiting: Waiting<T> = { entry, pool, sinceMs: clock.now(), cancelRetry: undefined }
    this.#waiting.set(id, waiting)
    this.#pools.set(key, pool)
    pool.tickets.set(id, waiting)
    this.#crowded.update(pool)
    const match = this.#tryMatch(waiting)
    if (!match && entry.latestPartnerId !== undefined) this.#retryAfterDelay(waiting)
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
   * Matches two waiting tickets, if any two can be matched. Call it when a room has become free after all
   * were taken.
   * @returns whether two tickets were matched
   */
  handleRoomFreed(): boolean {
    if (!this.#dependencies.canOpenRoom()) return false
    return this.#crowded.findOldest(({ tickets }) => {
      for (const waiting of tickets.values()) if (this.#matchLater(waiting)) return true
      return false
    })
  }

  /**
   * Matches all tickets that can be matched now, over several turns of the event loop, beginning in this one.
   * Call it when settings have changed that may allow more rooms or a shorter rematch delay.
   */
  async handleReload(): Promise<void> {
    await forEachInSlices(this.#matchAll(), () => undefined)
    await forEachInSlices(this.#waiting.values(), (waiting) => {
      if (!waiting.cancelRetry) return
      waiting.cancelRetry()
      this.#retryAfterDelay(waiting)
    })
  }

  *#matchAll(): Iterable<void> {
    while (this.handleRoomFreed()) yield
  }

  /** Tries to match the ticket again when its rematch delay is over. */
  #retryAfterDelay(waiting: Waiting<T>): void {
    const { clock, rematchDelayMs } = this.#dependencies
    const leftMs = waiting.sinceMs + rematchDelayMs() - clock.now()
    // Timers count whole milliseconds and may fire slightly early. If the delay is not over then, another
    // timer is set.
    if (leftMs <= 0) this.#matchLater(waiting)
    else waiting.cancelRetry = clock.after(leftMs, () => this.#retryAfterDelay(waiting))
  }

  #matchLater(waiting: Waiting<T>): boolean {
    const match = this.#tryMatch(waiting)
    if (match) this.#dependencies.onMatch(match)
    return match !== undefined
  }

  #tryMatch(arrived: Waiting<T>): Match<T> | undefined {
    const { canOpenRoom, clock } = this.#dependencies
    if (!canOpenRoom()) return undefined
    for (const waited of arrived.pool.tickets.values()) {
      if (waited === arrived || this.#mustWait(waited, arrived)) continue
      this.withdraw(waited.entry.ticket.sessionId)
      this.withdraw(arrived.entry.ticket.sessionId)
      const now = clock.now()
      return {
        waited: waited.entry,
        arrived: arrived.entry,
        waitsMs: [now - waited.sinceMs, now - arrived.sinceMs],
      }
    }
    return undefined
  }

  #mustWait(one: Waiting<T>, other: Waiting<T>): boolean {
    const { clock, rematchDelayMs } = this.#dependencies
    const wereTogether =
      one.entry.latestPartnerId === other.entry.ticket.sessionId &&
      other.entry.latestPartnerId === one.entry.ticket.sessionId
    return wereTogether && clock.now() - Math.min(one.sinceMs, other.sinceMs) < rematchDelayMs()
  }
}
