import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MatchmakerWorld } from './matchmaker.fixture.ts'

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
    const { lobby, band, attributes, delayMs } = each
    world.enter(user, { lobby, band, attributes, delayMs, ...each.criteria })
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
      expect(matches).toBeGreaterThan(1000)
      if (avoidMs! > 0) expect(rematches).toBeGreaterThan(20)
    },
  )
})
