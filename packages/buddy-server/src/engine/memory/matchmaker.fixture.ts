import { ManualClock } from '../../clock.fixture.ts'
import type { SearchState } from '../engine.ts'
import type { Wish } from '../may-meet.ts'
import { isFreeInInterests, isFreeInLanguages, isFreeInRegions, mayMeet } from '../may-meet.ts'
import { createTicket } from '../ticket.fixture.ts'
import type { Ticket } from '../ticket.ts'
import { poolOf } from '../ticket.ts'
import type { FairLimits } from './fair-share.ts'
import type { Match } from './match.ts'
import { Matchmaker } from './matchmaker.ts'
import type { Person } from './people.ts'
import { People } from './people.ts'
import type { Entrant } from './waiting.ts'

/** A session, whose ticket waits, or which is in a room, or neither. */
export interface User extends Entrant {
  readonly id: string
  ticket: Ticket
  fairKeys: readonly string[]
  partner: User | undefined
  room: Match<User> | undefined
  /** When the session began to wait; undefined if it does not wait. */
  sinceMs: number | undefined
  interestsSinceMs: number
  languagesSinceMs: number
  /** Whether the session is away. Its ticket keeps its place. */
  isPaused: boolean
  /** What was told about the search, the latest last. */
  searches: SearchState[]
}

/**
 * A matchmaker with users and rooms. It keeps its own books about who has met whom, and throws an error if a
 * match breaks a rule. The last two users are two sessions of one person.
 */
export class MatchmakerWorld {
  readonly clock = new ManualClock()
  readonly users: readonly User[]
  readonly matchmaker: Matchmaker<User>
  readonly people: People
  rematchDelayMs = 3000
  schedule = { interestsMs: 8000, languagesMs: 12_000, regionMs: 4000 }
  fairLimits: FairLimits = { matchesPerMinute: 12, sharePercent: 100 }
  maxRooms: number
  matches = 0
  rematches = 0
  rooms = 0
  /** Called with the users of each match. */
  onOpen: (one: User, other: User) => void = () => undefined
  readonly avoidMs: number
  readonly avoidCount = 3
  /** The partners that each person remembers, with the times at which they met, the latest last. */
  readonly #met = new Map<Person, Map<Person, number>>()
  readonly #blocked = new Set<string>()

  constructor(count: number, maxRooms = Infinity, avoidMs = 600_000) {
    this.maxRooms = maxRooms
    this.avoidMs = avoidMs
    const { clock } = this
    this.people = new People({
      clock,
      wallNow: () => clock.now(),
      avoidMs: () => Math.max(avoidMs, this.rematchDelayMs),
      avoidCount: () => this.avoidCount,
      blockMs: () => Infinity,
      onPair: () => undefined,
    })
    this.users = Array.from({ length: count }, (_, index) =>
      this.join(index === count - 1 && count > 1 ? count - 2 : index, index),
    )
    this.matchmaker = new Matchmaker<User>({
      clock,
      people: this.people,
      scheduleOf: () => this.schedule,
      rematchDelayMs: () => this.rematchDelayMs,
      fairLimits: () => this.fairLimits,
      canOpenRoom: () => this.rooms < this.maxRooms,
      onMatch: (match) => this.#open(match),
      onSearching: (user, search, isFirst) => {
        if (user.sinceMs === undefined) throw new Error('told a user who does not wait')
        if (isFirst !== (user.searches.length === 0)) throw new Error('told twice that it waits')
        user.searches.push(search)
      },
    })
  }

  join(person: number | string, id: number | string = person): User {
    return {
      id: String(id),
      person: this.people.join(String(person)),
      fairKeys: [],
      ticket: createTicket({ sessionId: String(id), lobby: 'one' }),
      partner: undefined,
      room: undefined,
      sinceMs: undefined,
      interestsSinceMs: 0,
      languagesSinceMs: 0,
      isPaused: false,
      searches: [],
    }
  }

  enter(user: User, fields: Partial<Ticket>): void {
    this.leave(user)
    user.ticket = { ...user.ticket, ...fields }
    // The times are set before `enter`, because the ticket may be matched within that call.
    const now = this.clock.now()
    user.sinceMs = now
    user.interestsSinceMs = now
    user.languagesSinceMs = now
    this.#queue(user)
  }

  change(user: User, fields: Partial<Ticket>): void {
    const { ticket } = user
    user.ticket = { ...ticket, ...fields }
    if (user.sinceMs === undefined) return
    const now = this.clock.now()
    if (String(ticket.interestKeys) !== String(user.ticket.interestKeys))
      user.interestsSinceMs = now
    if (String(ticket.languages) !== String(user.ticket.languages)) user.languagesSinceMs = now
    this.matchmaker.change(user, user.ticket)
  }

  leave(user: User): void {
    user.sinceMs = undefined
    user.isPaused = false
    user.searches = []
    this.matchmaker.withdraw(user)
    const { partner, room } = user
    if (!partner || !room) return
    const wasFull = this.rooms >= this.maxRooms
    this.rooms--
    for (const each of [user, partner]) {
      each.partner = undefined
      each.room = undefined
      this.matchmaker.handleLeft(room.pool, each.person)
    }
    this.#remember(user, partner)
    if (wasFull) this.matchmaker.handleRoomFreed()
  }

  /** The session loses its connection. */
  pause(user: User): void {
    if (user.sinceMs === undefined) return
    user.isPaused = true
    user.searches = []
    this.matchmaker.withdraw(user)
  }

  resume(user: User): void {
    if (!user.isPaused || user.sinceMs === undefined) return
    user.isPaused = false
    // A ticket that comes back requires its interests from its first entry on.
    user.interestsSinceMs = user.sinceMs
    user.languagesSinceMs = user.sinceMs
    this.#queue(user)
  }

  block(user: User, other: User): void {
    if (user.person === other.person) return
    this.people.block(user.person, other.person.key)
    this.#blocked.add([user.person.key, other.person.key].toSorted().join(' '))
  }

  /**
   * Fails if two users wait who could be matched while a room is free. Users who have nobody else are searched
   * for again within a tenth of a second after somebody has left, and otherwise within 15 seconds.
   */
  check(): void {
    if (this.matchmaker.size !== this.#waiting().length) throw new Error('another number waits')
    this.clock.advance(101)
    const pairs = this.#acceptable()
    const fresh = pairs.filter(([one, other]) => !this.#avoid(one.person, other.person))
    if (fresh.length > 0) throw new Error(`${fresh.map((pair) => pair.map(({ id }) => id))} wait`)
    if (pairs.length === 0) return
    this.clock.advance(15_001)
    for (const [one, other] of this.#acceptable()) throw new Error(`${one.id}, ${other.id} wait`)
  }

  #queue(user: User): void {
    const match = this.matchmaker.enter(user, user.ticket, user.sinceMs)
    if (match) this.#open(match)
  }

  #waiting(): readonly User[] {
    return this.users.filter(({ sinceMs, isPaused }) => sinceMs !== undefined && !isPaused)
  }

  #acceptable(): (readonly [User, User])[] {
    if (this.rooms >= this.maxRooms) return []
    const waiting = this.#waiting()
    return waiting.flatMap((one, index) =>
      waiting
        .slice(index + 1)
        // Two tabs of one person may meet, but nobody has to find out that they can.
        .filter((other) => one.person !== other.person && this.#accept(one, other))
        .map((other) => [one, other] as const),
    )
  }

  #accept(one: User, other: User): boolean {
    const now = this.clock.now()
    if ([one, other].some(({ sinceMs, ticket }) => now - sinceMs! < ticket.delayMs)) return false
    if (this.#areBlocked(one.person, other.person)) return false
    if (!mayMeet(this.#wishOf(one), this.#wishOf(other))) return false
    if (one.person === other.person) return this.#isAlone(one)
    if (!this.#avoid(one.person, other.person)) return true
    const waitedMs = now - Math.min(one.sinceMs!, other.sinceMs!)
    return (
      waitedMs >= this.rematchDelayMs && [one, other].every((user) => this.#hasNobodyElse(user))
    )
  }

  #wishOf({ ticket, sinceMs, interestsSinceMs, languagesSinceMs }: User): Wish {
    const now = this.clock.now()
    return {
      ticket,
      isFreeInInterests: isFreeInInterests(ticket, now - interestsSinceMs, this.schedule),
      isFreeInLanguages: isFreeInLanguages(ticket, now - languagesSinceMs, this.schedule),
      isFreeInRegions: isFreeInRegions(ticket, now - (sinceMs ?? now), this.schedule),
    }
  }

  /** The users in the pool of this ticket, waiting or in a room. */
  #presentWith({ ticket }: User): readonly User[] {
    const pool = poolOf(ticket)
    return this.users.filter((user) =>
      user.room
        ? user.room.pool.key === pool
        : this.#waiting().includes(user) && poolOf(user.ticket) === pool,
    )
  }

  #isAlone(one: User): boolean {
    return this.#presentWith(one).every(({ person }) => person === one.person)
  }

  /** Whether everybody else in the pool, waiting or in a room, is avoided. */
  #hasNobodyElse(one: User): boolean {
    const { person } = one
    return this.#presentWith(one).every(
      (user) =>
        user.person === person ||
        this.#avoid(person, user.person) ||
        this.#areBlocked(person, user.person),
    )
  }

  #areBlocked(one: Person, other: Person): boolean {
    return this.#blocked.has([one.key, other.key].toSorted().join(' '))
  }

  /** Whether one of the two remembers the other. */
  #avoid(one: Person, other: Person): boolean {
    const windowMs = Math.max(this.avoidMs, this.rematchDelayMs)
    return [
      [one, other],
      [other, one],
    ].some(([self, partner]) => {
      const metAtMs = this.#met.get(self!)?.get(partner!)
      return metAtMs !== undefined && metAtMs + windowMs > this.clock.now()
    })
  }

  #remember(one: User, other: User): void {
    this.people.meet(one.person, other.person.key)
    if (one.person === other.person) return
    for (const [self, partner] of [
      [one.person, other.person],
      [other.person, one.person],
    ] as const) {
      const met = this.#met.get(self) ?? new Map<Person, number>()
      this.#met.set(self, met)
      // Whom both have forgotten is no longer counted; an expired one is, until it is pushed out.
      met.delete(partner)
      met.set(partner, this.clock.now())
      const [oldest] = met.keys()
      if (met.size > this.avoidCount && oldest) met.delete(oldest)
    }
  }

  #open(match: Match<User>): void {
    const { isRematch } = match
    const [one, other] = [match.waited.entrant, match.arrived.entrant]
    if (one.sinceMs === undefined || other.sinceMs === undefined) throw new Error('did not wait')
    if (one.isPaused || other.isPaused) throw new Error('matched a user who is away')
    if (one.partner || other.partner) throw new Error('in two rooms')
    if (match.waited.ticket !== one.ticket || match.arrived.ticket !== other.ticket) {
      throw new Error('matched by an old ticket')
    }
    if (!this.#accept(one, other)) throw new Error('matched users who must not be matched')
    if (isRematch !== this.#avoid(one.person, other.person)) throw new Error('wrong isRematch')
    if (++this.rooms > this.maxRooms) throw new Error('more rooms than the limit')
    this.matches++
    this.rematches += Number(isRematch)
    for (const [self, partner] of [
      [one, other],
      [other, one],
    ] as const) {
      self.partner = partner
      self.room = match
      self.sinceMs = undefined
      self.searches = []
    }
    this.#remember(one, other)
    this.onOpen(one, other)
  }
}
