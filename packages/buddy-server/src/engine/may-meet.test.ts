import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isFreeInInterests,
  isFreeInLanguages,
  isFreeInRegions,
  mayMeet,
  type Wish,
} from './may-meet.ts'
import { createTicket } from './ticket.fixture.ts'
import type { Ticket } from './ticket.ts'

const schedule = { interestsMs: 8000, languagesMs: 12_000, regionMs: 4000 }
let nextId = 0

/** A ticket that has searched for this time. */
function wish(fields: Partial<Ticket> = {}, searchedMs = 0): Wish {
  const ticket = createTicket({ sessionId: String(nextId++), ...fields })
  return {
    ticket,
    isFreeInInterests: isFreeInInterests(ticket, searchedMs, schedule),
    isFreeInLanguages: isFreeInLanguages(ticket, searchedMs, schedule),
    isFreeInRegions: isFreeInRegions(ticket, searchedMs, schedule),
  }
}

const europe = { region: 'eu' }
const asia = { region: 'asia' }
const chess = { interestKeys: ['chess'] }
const jazz = { interestKeys: ['jazz'] }
const english = { languages: ['en'] }
const german = { languages: ['de'] }
const asksVerified = { asks: [{ attribute: 'verified', values: ['yes'] }] }
const verified = { attributes: { verified: 'yes' } }

describe.each([
  ['two tickets without criteria', wish(), wish(), true],
  ['a common interest', wish(chess), wish({ interestKeys: ['jazz', 'chess'] }), true],
  ['different interests', wish(chess), wish(jazz), false],
  ['interests and none', wish(chess), wish(), false],
  ['interests that one side still requires', wish(chess, 8000), wish(jazz, 7999), false],
  ['interests that both have stopped to require', wish(chess, 8000), wish(jazz, 8000), true],
  ['widened interests and none', wish(chess, 8000), wish(), true],
  ['interests that are kept', wish({ ...chess, keepsInterests: true }, 1e9), wish(), false],
  ['one region', wish(europe), wish(europe), true],
  ['regions that one side still requires', wish(europe, 4000), wish(asia, 3999), false],
  ['regions that both have stopped to require', wish(europe, 4000), wish(asia, 4000), true],
  ['a region that is still required and none', wish(europe, 3999), wish(), false],
  ['a region that is no longer required and none', wish(europe, 4000), wish(), true],
  ['a common language', wish(english), wish({ languages: ['de', 'en'] }), true],
  ['different languages', wish(english), wish(german), false],
  ['a language and none', wish(english), wish(), true],
  ['a kept language and none', wish({ ...english, keepsLanguages: true }), wish(), true],
  ['languages that one side still requires', wish(english, 12_000), wish(german, 11_999), false],
  ['languages that both have stopped to require', wish(english, 12_000), wish(german, 1e5), true],
  [
    'a language that is kept',
    wish({ ...english, keepsLanguages: true }, 1e9),
    wish(german, 1e9),
    false,
  ],
  ['an attribute that is asked for', wish(asksVerified), wish(verified), true],
  ['an attribute that is missing', wish(asksVerified), wish(), false],
  ['another value', wish(asksVerified), wish({ attributes: { verified: 'no' } }), false],
  [
    'asks of which only one side satisfies the other',
    wish(asksVerified),
    wish({ ...verified, ...asksVerified }),
    false,
  ],
  [
    'an attribute named like a property of every object',
    wish({ asks: [{ attribute: 'constructor', values: ['x'] }] }),
    wish(),
    false,
  ],
  ['two age bands', wish({ band: 'adult' }), wish({ band: 'minor' }, 1e9), false],
  ['two lobbies', wish({ lobby: 'one' }), wish({ lobby: 'two' }), false],
] as const)('two tickets with %s', (_, one, other, expected) => {
  test(expected ? 'may meet' : 'may not meet', () => {
    expect([mayMeet(one, other), mayMeet(other, one)]).toEqual([expected, expected])
  })
})

test('no ticket may meet itself', () => {
  const own = wish()
  expect(mayMeet(own, own)).toBe(false)
})

test('the rule is symmetric', () => {
  const words = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 })
  const arbitrary = fc.record({
    ticket: fc.record({
      band: fc.constantFrom('', 'adult'),
      interestKeys: words,
      languages: words,
      keepsInterests: fc.boolean(),
      keepsLanguages: fc.boolean(),
      attributes: fc.constantFrom<Ticket['attributes']>({}, { x: '1' }, { x: '2' }),
      asks: fc.constantFrom<Ticket['asks']>([], [{ attribute: 'x', values: ['1'] }]),
    }),
    searchedMs: fc.constantFrom(0, 9000, 20_000),
  })
  let met = 0
  fc.assert(
    fc.property(arbitrary, arbitrary, (first, second) => {
      const one = wish(first.ticket, first.searchedMs)
      const other = wish(second.ticket, second.searchedMs)
      met += Number(mayMeet(one, other))
      return mayMeet(one, other) === mayMeet(other, one)
    }),
    { numRuns: 2000 },
  )
  expect(met).toBeGreaterThan(100)
})
