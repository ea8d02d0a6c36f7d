import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import type { Ticket } from '../ticket.ts'
import { noCriteria } from '../ticket.ts'
import type { QueueEntry } from './matchmaker.ts'
import { Matchmaker } from './matchmaker.ts'

const rematchDelayMs = 3000

/** A ticket for one pool: only tickets of one lobby can meet. */
const ticketOf = (sessionId: string, lobby: string): Ticket => ({
  ...noCriteria,
  sessionId,
  site: '',
  lobby,
  mode: 'video',
  band: '',
  attributes: {},
  delayMs: 0,
})

/** A user, and the ticket with which the user enters the queue. */
interface Person extends QueueEntry {
  readonly id: string
  ticket: Ticket
  latestPartnerId: string | undefined
  partner: Person | undefined
}

/** A matchmaker with users and rooms, which throws an error if a match breaks a rule. */
class World {
  readonly clock = new ManualClock()
  readonly people: readonly Person[]
  readonly waitingSince = new Map<Person, number>()
  readonly matchmaker: Matchmaker<Person>
  readonly #maxRooms: number
  rooms = 0

  constructor(count: number, maxRooms = Infinity) {
    this.#maxRooms = maxRooms
    this.people = Array.from({ length: count }, (_, index) => ({
      id: String(index),
      ticket: ticketOf(String(index), 'a'),
      latestPartnerId: undefined,
      partner: undefined,
    }))
    this.matchmaker = new Matchmaker<Person>({
      clock: this.clock,
      rematchDelayMs: () => rematchDelayMs,
      canOpenRoom: () => this.rooms < this.#maxRooms,
      onMatch: ({ waited, arrived }) => this.#open(waited, arrived),
    })
  }

  enter(person: Person, lobby = person.ticket.lobby): void {
    this.leave(person)
    person.ticket = ticketOf(person.id, lobby)
    // The times are set before `enter`, because the ticket may be matched within that call.
    this.waitingSince.set(person, this.clock.now())
    const match = this.matchmaker.enter(person)
    if (match) this.#open(match.waited, match.arrived)
  }

  leave(person: Person): void {
    this.waitingSince.delete(person)
    this.matchmaker.withdraw(person.id)
    const { partner } = person
    if (!partner) return
    const wasFull = this.rooms >= this.#maxRooms
    this.rooms--
    person.partner = undefined
    partner.partner = undefined
    if (wasFull) this.matchmaker.handleRoomFreed()
  }

  canMatch(one: Person, other: Person): boolean {
    if (one.ticket.lobby !== other.ticket.lobby) return false
    if (one.latestPartnerId !== other.id || other.latestPartnerId !== one.id) return true
    const since = Math.min(this.waitingSince.get(one)!, this.waitingSince.get(other)!)
    return this.clock.now() - since >= rematchDelayMs
  }

  #open(one: Person, other: Person): void {
    if (one === other) throw new Error('matched with itself')
    if (one.partner || other.partner) throw new Error('in two rooms')
    if (!this.waitingSince.has(one) || !this.waitingSince.has(other)) {
      throw new Error('matched a user who does not wait')
    }
    if (!this.canMatch(one, other)) throw new Error('matched users who must not be matched')
    if (++this.rooms > this.#maxRooms) throw new Error('more rooms than the limit')
    for (const [self, partner] of [
      [one, other],
      [other, one],
    ] as const) {
      self.partner = partner
      self.latestPartnerId = partner.id
      this.waitingSince.delete(self)
    }
  }

  /** Fails if two compatible users wait although a room is free. */
  check(): void {
    expect(this.matchmaker.size).toBe(this.waitingSince.size)
    if (this.rooms >= this.#maxRooms) return
    const waiting = [...this.waitingSince.keys()]
    for (const [index, one] of waiting.entries()) {
      for (const other of waiting.slice(index + 1)) {
        if (this.canMatch(one, other)) throw new Error(`${one.id} and ${other.id} both wait`)
      }
    }
    // Matching is O(1) only because at most two users of a pool wait while rooms are free.
    for (const lobby of new Set(waiting.map(({ ticket }) => ticket.lobby))) {
      expect(waiting.filter((person) => person.ticket.lobby === lobby).length).toBeLessThanOrEqual(
        2,
      )
    }
  }
}

describe('after any steps of users,', () => {
  const people = fc.nat({ max: 5 })
  const step = fc.oneof(
    fc.record({ act: fc.constant('enter' as const), who: people, pool: fc.constantFrom('a', 'b') }),
    fc.record({ act: fc.constant('next' as const), who: people }),
    fc.record({ act: fc.constant('leave' as const), who: people }),
    fc.record({ act: fc.constant('wait' as const), ms: fc.nat({ max: 2500 }) }),
  )

  test.for([Infinity, 1, 2])(
    'with %d rooms, no user is in two rooms, no compatible users wait, and no rematch is too early',
    (maxRooms) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const world = new World(6, maxRooms)
          for (const { act, ...rest } of steps) {
            if (act === 'wait') world.clock.advance((rest as { ms: number }).ms)
            else {
              const { who, pool } = rest as { who: number; pool?: string }
              const person = world.people[who]!
              if (act === 'leave') world.leave(person)
              else world.enter(person, pool)
            }
            world.check()
          }
        }),
        { numRuns: 1000 },
      )
    },
  )
})

describe('first come, first served', () => {
  test('matches the ticket that has waited longest in its pool', () => {
    const world = new World(4, 1)
    const [a, b, c, d] = world.people as [Person, Person, Person, Person]
    world.enter(a)
    world.enter(b)
    world.enter(c)
    world.enter(d)
    world.leave(a)
    expect(c.partner).toBe(d)
    expect(b.partner).toBeUndefined()
  })

  test('when a room ends, matches two tickets of the pool with the oldest ticket', () => {
    const world = new World(6, 1)
    const [a, b, c, d, e, f] = world.people as [Person, Person, Person, Person, Person, Person]
    world.enter(a, 'x')
    world.enter(b, 'x')
    for (const person of [c, d]) {
      world.clock.advance(10)
      world.enter(person, 'first')
      world.clock.advance(10)
      world.enter(person === c ? e : f, 'second')
    }
    // The pool `first` has the older ticket.
    world.leave(a)
    expect([c.partner, e.partner]).toEqual([d, undefined])
  })

  test('matches two former partners at the end of the rematch delay, even if no other ticket arrives', () => {
    const world = new World(2)
    const [a, b] = world.people as [Person, Person]
    world.enter(a)
    world.enter(b)
    world.enter(a)
    world.clock.advance(1000)
    world.enter(b)
    world.clock.advance(1999)
    expect(a.partner).toBeUndefined()
    world.clock.advance(1)
    expect(a.partner).toBe(b)
  })
})

test('matches two former partners who entered at the same time, even if timers fire slightly early', () => {
  const world = new World(2)
  const [a, b] = world.people as [Person, Person]
  world.enter(a)
  world.enter(b)
  world.clock.earlyMs = 0.9
  world.enter(a)
  world.enter(b)
  world.clock.advance(rematchDelayMs + 1)
  expect(a.partner).toBe(b)
})

test('visits few of 10 000 tickets that wait for a room when a ticket arrives or a room becomes free', () => {
  // The test counts visits instead of measuring time. Each visit of a ticket reads its latest partner.
  let visits = 0
  let matches = 0
  let isFull = true
  const matchmaker = new Matchmaker<QueueEntry>({
    clock: new ManualClock(),
    rematchDelayMs: () => rematchDelayMs,
    canOpenRoom: () => !isFull,
    onMatch: () => {
      matches++
      isFull = true
    },
  })
  for (let index = 0; index < 10_000; index++) {
    matchmaker.enter({
      ticket: ticketOf(String(index), 'a'),
      get latestPartnerId() {
        visits++
        return undefined
      },
    })
  }
  expect(matchmaker.size).toBe(10_000)
  expect(visits).toBeLessThanOrEqual(10_000)
  visits = 0
  isFull = false
  matchmaker.handleRoomFreed()
  expect([matches, matchmaker.size]).toEqual([1, 9998])
  expect(visits).toBeLessThan(5)
})

test('matches tickets over several turns of the event loop after a reload', async () => {
  let isFull = true
  let matches = 0
  const matchmaker = new Matchmaker<QueueEntry>({
    clock: new ManualClock(),
    rematchDelayMs: () => rematchDelayMs,
    canOpenRoom: () => !isFull,
    onMatch: () => matches++,
  })
  for (let index = 0; index < 1000; index++) {
    matchmaker.enter({
      ticket: ticketOf(String(index), String(index >> 1)),
      latestPartnerId: undefined,
    })
  }
  isFull = false
  const done = matchmaker.handleReload()
  expect(matches).toBeGreaterThan(0)
  expect(matches).toBeLessThan(500)
  await done
  expect([matches, matchmaker.size]).toEqual([500, 0])
})
