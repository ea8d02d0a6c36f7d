import type { WidenSchedule } from '../may-meet.ts'
import type { Criteria, Ticket } from '../ticket.ts'
import { poolOf } from '../ticket.ts'
import type { Due } from './due-queue.ts'
import type { FairLimits } from './fair-share.ts'
import { FairShare } from './fair-share.ts'
import type { Person } from './people.ts'
import { RecentWaits } from './recent-waits.ts'
import type { Indexed } from './ticket-index.ts'
import { TicketIndex } from './ticket-index.ts'

/** Returns the kind of a ticket, from 0 to 3. Tickets of one kind wait for similar times. */
export function kindOf({ interestKeys, asks }: Criteria): number {
  return Number(interestKeys.length > 0) + 2 * Number(asks.length > 0)
}

/** The tickets that can be matched with each other, and who is there. */
export class Pool<W extends Indexed<W>> implements Due {
  readonly key: string
  readonly site: string
  readonly lobby: string
  readonly mode: Ticket['mode']
  readonly band: string
  readonly fair: FairShare<W>
  readonly schedule: () => WidenSchedule
  /** The number of present sessions whose latest ticket was for this pool. */
  online = 0
  /** The number of different people who are in the queue or in a room. */
  peopleCount = 0
  /** The tickets that have skipped a partner, or were skipped, only because of what the people know of each other. */
  readonly held = new Set<W>()
  /** Whether the pool has been removed from the list, because nobody was in it. */
  isRemoved = false
  /** When the tickets that are held were last searched for again. */
  heldSearchedAtMs = -Infinity
  dueAtMs = Infinity
  /** By the keys that are parked; see `indexOf`. */
  readonly #indexes = new Map<string, TicketIndex<W>>()
  readonly #main = new TicketIndex<W>()
  readonly #waits: readonly RecentWaits[] = Array.from({ length: 4 }, () => new RecentWaits())
  readonly #onDue: (pool: Pool<W>) => void

  constructor(
    key: string,
    { site, lobby, mode, band }: Ticket,
    { fairLimits, scheduleOf, onDue }: PoolDependencies<W>,
  ) {
    this.key = key
    this.site = site
    this.lobby = lobby
    this.mode = mode
    this.band = band
    this.fair = new FairShare(fairLimits)
    this.schedule = () => scheduleOf(site)
    this.#onDue = onDue
  }

  /**
   * Returns the index for tickets with these parked keys. A parked key may only be matched with tickets that
   * have it too, so two tickets accept each other only if they have the same parked keys.
   */
  indexOf(parkedKeys: readonly string[]): TicketIndex<W> {
    if (parkedKeys.length === 0) return this.#main
    const key = JSON.stringify(parkedKeys.toSorted())
    let index = this.#indexes.get(key)
    if (!index) this.#indexes.set(key, (index = new TicketIndex()))
    return index
  }

  /** Call this when tickets with this key are in the common index again. */
  dropIndexesOf(parkedKey: string): void {
    for (const key of this.#indexes.keys()) {
      if ((JSON.parse(key) as string[]).includes(parkedKey)) this.#indexes.delete(key)
    }
  }

  /** Returns how long tickets of the same kind have waited; see `kindOf`. */
  waitsOf(kind: number): RecentWaits {
    return this.#waits[kind]!
  }

  /** Call this when a session of the person enters the queue. */
  addPerson(person: Person): void {
    if (!person.isIn(this)) this.peopleCount++
    person.enter(this)
  }

  /** Call this when a session of the person has left the queue without a match, or its room. */
  removePerson(person: Person): void {
    if (person.exit(this) && !person.isIn(this)) this.peopleCount--
  }

  handleDue(): void {
    this.#onDue(this)
  }
}

interface PoolDependencies<W extends Indexed<W>> {
  readonly fairLimits: () => FairLimits
  readonly scheduleOf: (site: string) => WidenSchedule
  /** Called when the tickets that are held must be searched for again. */
  readonly onDue: (pool: Pool<W>) => void
}

/** All pools in which somebody is. */
export class Pools<W extends Indexed<W>> {
  readonly #dependencies: PoolDependencies<W>
  readonly #pools = new Map<string, Pool<W>>()
  /** The pool of the latest ticket, because most tickets are for the same one. */
  #latest: Pool<W> | undefined

  constructor(dependencies: PoolDependencies<W>) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#pools.size
  }

  /** Returns the pool of the ticket. */
  find(ticket: Ticket): Pool<W> {
    const latest = this.#latest
    if (
      latest?.lobby === ticket.lobby &&
      latest.site === ticket.site &&
      latest.mode === ticket.mode &&
      latest.band === ticket.band &&
      !latest.isRemoved
    ) {
      return latest
    }
    const key = poolOf(ticket)
    let pool = this.#pools.get(key)
    if (!pool) this.#pools.set(key, (pool = new Pool(key, ticket, this.#dependencies)))
    this.#latest = pool
    return pool
  }

  /** Call this when the pool of a present session's latest ticket has changed; undefined if it has none. */
  handleVisit(former: Pool<W> | undefined, next: Pool<W> | undefined): void {
    if (next) next.online++
    if (!former) return
    former.online--
    this.removeIfEmpty(former)
  }

  /** Removes the pool if nobody is in it. */
  removeIfEmpty(pool: Pool<W>): void {
    if (pool.online > 0 || pool.peopleCount > 0 || pool.isRemoved) return
    pool.isRemoved = true
    this.#pools.delete(pool.key)
  }
}
