import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Ticket } from '../ticket.ts'
import type { User } from './matchmaker.fixture.ts'
import { MatchmakerWorld } from './matchmaker.fixture.ts'
import { TicketIndex } from './ticket-index.ts'

const word = fc.constantFrom('a', 'b', 'c')
const words = fc.oneof(fc.constant([]), fc.uniqueArray(word, { maxLength: 3 }))
const criteria = fc.record({
  interestKeys: words,
  languages: words,
  keepsInterests: fc.boolean(),
  keepsLanguages: fc.boolean(),
  asks: fc.constantFrom(
    [],
    [],
    [],
    [{ attribute: 'x', values: ['1'] }],
    [{ attribute: 'x', values: ['1', '2'] }],
  ),
})
const who = fc.nat({ max: 6 })
const step = fc.oneof(
  fc.record({
    act: fc.constant('enter' as const),
    who,
    lobby: fc.constantFrom('one', 'one', 'one', 'one', 'two'),
    band: fc.constantFrom('', '', '', '', 'adult'),
    region: fc.constantFrom('', '', '', 'eu', 'asia'),
    attributes: fc.constantFrom({}, { x: '1' }, { x: '1' }, { x: '2' }),
    delayMs: fc.constantFrom(0, 0, 0, 1000),
    criteria,
  }),
  fc.record({ act: fc.constant('next' as const), who }),
  fc.record({ act: fc.constant('next' as const), who }),
  fc.record({ act: fc.constant('leave' as const), who }),
  fc.record({ act: fc.constant('change' as const), who, criteria }),
  fc.record({ act: fc.constant('block' as const), who, other: who }),
  fc.record({ act: fc.constant('pause' as const), who }),
  fc.record({ act: fc.constant('resume' as const), who }),
  fc.record({ act: fc.constant('wait' as const), ms: fc.nat({ max: 6000 }) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function take(world: MatchmakerWorld, each: Step): void {
  if (each.act === 'wait') {
    world.clock.advance(each.ms)
    return
  }
  const user = world.users[each.who]!
  if (each.act === 'enter') {
    const { lobby, band, region, attributes, delayMs } = each
    world.enter(user, { lobby, band, region, attributes, delayMs, ...each.criteria })
  } else if (each.act === 'next') world.enter(user, {})
  else if (each.act === 'leave') world.leave(user)
  else if (each.act === 'change') world.change(user, each.criteria)
  else if (each.act === 'pause') world.pause(user)
  else if (each.act === 'resume') world.resume(user)
  else world.block(user, world.users[each.other]!)
}

describe('after any steps of users,', () => {
  test.for([
    [Infinity, 600_000],
    [Infinity, 20_000],
    [Infinity, 0],
    [1, 600_000],
    [2, 20_000],
  ])(
    'with %d rooms and recent partners avoided for %d ms, everybody who can be matched is, and nobody else',
    ([maxRooms, avoidMs]) => {
      let matches = 0
      let rematches = 0
      fc.assert(
        fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
          const world = new MatchmakerWorld(7, maxRooms, avoidMs)
          for (const each of steps) {
            take(world, each)
            world.check()
          }
          matches += world.matches
          rematches += world.rematches
        }),
        { numRuns: 500 },
      )
      // The test would prove nothing if users were not matched.
      expect(matches).toBeGreaterThan(300)
      if (avoidMs! > 0) expect(rematches).toBeGreaterThan(2)
    },
  )
})

describe('a crowd of 10 000 that waits', () => {
  /** Returns a world in which so many users wait, and a function that counts visits of their tickets. */
  function crowdOf(fieldsOf: (index: number) => Partial<Ticket>) {
    const world = new MatchmakerWorld(0, 0)
    let visits = 0
    const { relationOf } = world.people
    world.people.relationOf = (...pair) => {
      visits++
      return relationOf.call(world.people, ...pair)
    }
    for (let index = 0; index < 10_000; index++) {
      world.enter(world.join(`user ${index}`), fieldsOf(index))
      world.clock.advance(1)
    }
    return { world, visits: () => visits }
  }

  test.each([
    ['the same criteria', () => ({}), {}],
    [
      'the same interest',
      () => ({ interestKeys: ['a'], interests: ['a'] }),
      { interestKeys: ['a', 'b'] },
    ],
    [
      'other interests',
      (index: number) => ({ interestKeys: [`${index}`], keepsInterests: true }),
      { interestKeys: ['5000', 'x'] },
    ],
    [
      'other languages',
      (index: number) => ({ languages: [`l${index}`], keepsLanguages: true }),
      { languages: ['l5000'] },
    ],
    [
      'asks that nobody satisfies',
      () => ({ asks: [{ attribute: 'x', values: ['1'] }], attributes: { x: '2' } }),
      { attributes: { x: '1' } },
    ],
  ] as const)('is not scanned if all have %s', (_, fieldsOf, arriving) => {
    const { world, visits } = crowdOf(fieldsOf as (index: number) => Partial<Ticket>)
    expect(visits()).toBe(0)
    world.maxRooms = 1
    const last = world.join('last')
    world.enter(last, arriving as Partial<Ticket>)
    expect(last.partner).toBeDefined()
    expect(visits()).toBeLessThanOrEqual(20)
    expect(world.matchmaker.size).toBe(9999)
  })
})

test('when a room becomes free, the oldest ticket that has not searched is matched', () => {
  const world = new MatchmakerWorld(7, 1)
  const [a, b, c, d, e, f] = world.users as [User, User, User, User, User, User]
  world.enter(a, { lobby: 'one' })
  world.enter(b, { lobby: 'one' })
  for (const [user, lobby] of [
    [c, 'first'],
    [e, 'second'],
    [f, 'second'],
    [d, 'first'],
  ] as const) {
    world.clock.advance(10)
    world.enter(user, { lobby })
  }
  world.leave(a)
  expect([c.partner, e.partner]).toEqual([d, undefined])
})

test('matches two former partners at the end of the rematch delay, even if timers fire slightly early', () => {
  const world = new MatchmakerWorld(3)
  const [a, b] = world.users as [User, User]
  for (let time = 1; time <= 2; time++) {
    world.enter(a, {})
    world.enter(b, {})
    world.clock.earlyMs = 0.9
  }
  world.clock.advance(2998)
  expect(a.partner).toBeUndefined()
  world.clock.advance(3)
  expect(a.partner).toBe(b)
})

test('matches tickets over several turns of the event loop after a reload', async () => {
  const world = new MatchmakerWorld(0, 0)
  for (let index = 0; index < 1000; index++) {
    world.enter(world.join(`user ${index}`), { lobby: String(index >> 1) })
  }
  world.maxRooms = Infinity
  const done = world.matchmaker.handleReload()
  expect(world.matches).toBeGreaterThan(0)
  expect(world.matches).toBeLessThan(500)
  await done
  expect([world.matches, world.matchmaker.size]).toEqual([500, 0])
})

test('searches for few tickets in one turn if those that could not search find nobody', () => {
  const world = new MatchmakerWorld(0, 0)
  for (let index = 0; index < 1000; index++) {
    world.enter(world.join(`user ${index}`), { lobby: String(index) })
  }
  world.maxRooms = 1
  let told = 0
  const { find } = TicketIndex.prototype
  TicketIndex.prototype.find = function (this: TicketIndex<never>, ...search) {
    told++
    return find.apply(this, search)
  }
  onTestFinished(() => void (TicketIndex.prototype.find = find))
  world.matchmaker.handleRoomFreed()
  expect(told).toBe(200)
  world.clock.advance(0)
  expect(told).toBe(1000)
})
