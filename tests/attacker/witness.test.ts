import { expect, test } from 'vitest'
import { Witness } from './witness.ts'

const person = (sessionId: string) => ({ sessionId, site: '', name: '', subject: undefined })

/** A witness of sessions in which the person has the id of the session as name. */
function witnessOf(identities: Readonly<Record<string, object>>): {
  readonly witness: Witness
  meet(one: string, other: string): void
} {
  const witness = new Witness()
  for (const [id, more] of Object.entries(identities)) {
    witness.identify(id, { person: id, site: 'club', band: '18+', lobby: '', ...more })
  }
  const meet = (one: string, other: string): void =>
    witness.hooks.onMatch?.({
      room: 'r',
      people: [person(one), person(other)],
      waitsMs: [0, 0],
    })
  return { witness, meet }
}

test.for([
  ['another band', { band: '13-17' }, 'band'],
  ['another site', { site: 'open' }, 'site'],
  ['another lobby', { lobby: 'quiet' }, 'lobby'],
] as const)('sees a meeting with %s', ([, identity, word]) => {
  const { witness, meet } = witnessOf({ ana: {}, bob: identity })
  meet('ana', 'bob')
  expect(witness.faults).toEqual([expect.stringContaining(word)])
})

test('sees a meeting after a block, and none before', () => {
  const { witness, meet } = witnessOf({ ana: {}, bob: {} })
  meet('ana', 'bob')
  expect(witness.faults).toEqual([])
  witness.handleBlock('bob', 'ana')
  meet('ana', 'bob')
  expect(witness.faults).toEqual(['ana and bob met after a block'])
})

test('sees a session that never asked for a match, and reports that must not exist', () => {
  const { witness, meet } = witnessOf({ ana: {}, bob: {} })
  const report = (): void =>
    witness.hooks.onReport?.({
      from: person('ana'),
      room: 'r',
      aboutId: 'bob',
      reason: 'spam',
      note: null,
      personId: null,
      reportId: null,
      hasStill: false,
    })
  meet('ana', 'unknown')
  report()
  meet('ana', 'bob')
  report()
  report()
  expect(witness.faults).toEqual([
    'a session was matched that has sent no ticket',
    'ana reported bob, whom they have never met',
    'ana reported bob twice',
  ])
})
