import type { Cancel, Clock } from './clock.ts'
import { CrowdedPools, type Pool } from './crowded-pools.ts'
import { forEachInSlices } from './slices.ts'

/** A session in the queue, as far as matching goes. */
export interface Ticket {
  /** The session's id. */
  readonly id: string
  /** Only tickets of one pool meet: site, lobby and mode. */
  readonly pool: string
  /** The session it was last in a room with, if any. */
  readonly latestPartnerId: string | undefined
}

interface Waiting<T> {
  readonly ticket: T
  /** The pool it entered; the ticket's own may have changed since. */
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
  readonly clock: Clock
  /** Two who were each other's latest partner meet again only after one has waited this long. */
  readonly rematchDelayMs: () => number
  /** False while every room is taken: tickets wait. */
  readonly canOpenRoom: () => boolean
  /** Two tickets are paired and no longer wait; they have waited for so many milliseconds. */
  readonly onMatch: (waited: T, arrived: T, waitsMs: readonly [number, number]) => void
}

/**
 * First come, first served, and paired on arrival: there is no tick, nobody waits while a
 * compatible ticket waits (and a room is free).
 *
 * Pairing is O(1). While rooms are free, tickets that wait in one pool are barred from each other
 * pairwise, and two are barred only where each is the other's latest partner. Each ticket has one
 * latest partner, so no third can be barred from both: at most two wait, and an arrival looks at
 * no more. While all rooms are taken nothing is looked through at all; a room that becomes free
 * takes from the pool whose oldest ticket is oldest, in logarithmic time in the number of such pools.
 */
export class Matchmaker<T extends Ticket> {
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

  /** Pairs `ticket` at once, or lets it wait. A ticket of the same session is replaced. */
  enter(ticket: T): void {
    this.withdraw(ticket.id)
    const { clock } = this.#dependencies
    const { id, pool: key } = ticket
    const pool = this.#pools.get(key) ?? new WaitingPool<T>(key)
    const waiting: Waiting<T> = { ticket, pool, sinceMs: clock.now(), cancelRetry: undefined }
    this.#waiting.set(id, waiting)
    this.#pools.set(key, pool)
    pool.tickets.set(id, waiting)
    this.#crowded.update(pool)
    if (!this.#pair(waiting) && ticket.latestPartnerId !== undefined) this.#retryWhenFree(waiting)
  }

  /** Takes the session's ticket out, if it waits. */
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
   * A room has become free after all were taken: pairs two people who wait.
   * @returns whether there was such a pair
   */
  handleRoomFreed(): boolean {
    if (!this.#dependencies.canOpenRoom()) return false
    return this.#crowded.findOldest(({ tickets }) => {
      for (const waiting of tickets.values()) if (this.#pair(waiting)) return true
      return false
    })
  }

  /**
   * There may be more rooms than before, or a shorter rematch delay: pairs everyone who can be paired
   * now, a slice in each turn of the event loop, beginning with this one.
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

  /** Tries once more when the latest partner is barred no longer. */
  #retryWhenFree(waiting: Waiting<T>): void {
    const { clock, rematchDelayMs } = this.#dependencies
    const leftMs = waiting.sinceMs + rematchDelayMs() - clock.now()
    // Timers have whole milliseconds and may fire a little early: then once more.
    if (leftMs <= 0) this.#pair(waiting)
    else waiting.cancelRetry = clock.after(leftMs, () => this.#retryWhenFree(waiting))
  }

  #pair(arrived: Waiting<T>): boolean {
    const { canOpenRoom, clock, onMatch } = this.#dependencies
    if (!canOpenRoom()) return false
    for (const waited of arrived.pool.tickets.values()) {
      if (waited === arrived || this.#areBarred(waited, arrived)) continue
      this.withdraw(waited.ticket.id)
      this.withdraw(arrived.ticket.id)
      const now = clock.now()
      onMatch(waited.ticket, arrived.ticket, [now - waited.sinceMs, now - arrived.sinceMs])
      return true
    }
    return false
  }

  #areBarred(one: Waiting<T>, other: Waiting<T>): boolean {
    const { clock, rematchDelayMs } = this.#dependencies
    const wereTogether =
      one.ticket.latestPartnerId === other.ticket.id &&
      other.ticket.latestPartnerId === one.ticket.id
    return wereTogether && clock.now() - Math.min(one.sinceMs, other.sinceMs) < rematchDelayMs()
  }
}
