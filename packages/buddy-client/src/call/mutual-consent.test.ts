import { expect, test } from 'vitest'
import type { ConsentPolicy } from './mutual-consent.ts'
import { MutualConsent } from './mutual-consent.ts'
import { addressPolicy, resolveOptions } from '../options.ts'

/** Creates two connected clients' `MutualConsent`, and records what each of them sends and reports. */
function pair(policies: readonly [ConsentPolicy, ConsentPolicy]) {
  const events: [string[], string[]] = [[], []]
  let isReachable = true
  const create = (side: 0 | 1, other: () => MutualConsent): MutualConsent =>
    new MutualConsent({
      policy: policies[side],
      send: (isGiven) => {
        if (!isReachable) return false
        events[side].push(isGiven ? 'sends' : 'withdraws')
        queueMicrotask(() => other().handlePartner(isGiven))
        return true
      },
      onChange: ({ self, partner }) => events[side].push(`${self} ${partner}`),
      onMutual: (isMutual) => events[side].push(isMutual ? 'mutual' : 'not mutual'),
    })
  const ana = create(0, () => bob)
  const bob: MutualConsent = create(1, () => ana)
  return { ana, bob, events, cut: () => (isReachable = false) }
}

test('becomes mutual on both sides only when both users have agreed', async () => {
  const { ana, bob, events } = pair(['by-user', 'by-user'])
  expect(ana.give()).toBe(true)
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([false, false])
  expect(bob.give()).toBe(true)
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([true, true])
  expect(events[0]).toEqual(['sends', 'true false', 'mutual', 'true true'])
  expect(events[1]).toEqual(['false true', 'sends', 'mutual', 'true true'])
})

test('sends and reports trust once if users agree twice, or both at the same time', async () => {
  const { ana, bob, events } = pair(['by-user', 'by-user'])
  for (const side of [ana, bob, ana, bob]) expect(side.give()).toBe(true)
  await Promise.resolve()
  for (const side of [ana, bob]) side.handlePartner()
  const expected = ['sends', 'true false', 'mutual', 'true true']
  expect(events).toEqual([expected, expected])
})

test('with policy `at-once`, sends trust only in answer to the partner, and reports no change', async () => {
  const { ana, bob, events } = pair(['at-once', 'by-user'])
  expect(ana.give()).toBe(true)
  expect(events).toEqual([[], []])
  bob.give()
  await Promise.resolve()
  await Promise.resolve()
  expect(events[0]).toEqual(['sends', 'mutual'])
  expect(events[1]).toEqual(['sends', 'true false', 'mutual', 'true true'])
})

test('with policy `never`, sends no trust and reports no change', async () => {
  const { ana, bob, events } = pair(['never', 'by-user'])
  expect(ana.give()).toBe(true)
  bob.give()
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([false, false])
  expect(events).toEqual([[], ['sends', 'true false']])
})

test('ends when one of the two withdraws, also if the message cannot be sent', async () => {
  const { ana, bob, events, cut } = pair(['by-user', 'by-user'])
  ana.give()
  bob.give()
  await Promise.resolve()
  for (const list of events) list.splice(0)
  ana.withdraw()
  await Promise.resolve()
  expect(events).toEqual([
    ['not mutual', 'false true', 'withdraws'],
    ['not mutual', 'true false'],
  ])
  ana.give()
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([true, true])
  cut()
  ana.withdraw()
  expect(ana.isMutual).toBe(false)
})

test('never becomes mutual by the partner’s agreement alone', async () => {
  const { ana, events } = pair(['by-user', 'by-user'])
  for (const isGiven of [true, false, true, true]) ana.handlePartner(isGiven)
  expect(ana.isMutual).toBe(false)
  expect(events[0]).not.toContain('mutual')
})

test('always accepts a partner’s withdrawal, and at most 50 agreements', () => {
  const { ana, events } = pair(['by-user', 'by-user'])
  for (let time = 1; time <= 60; time++)
    for (const isGiven of [true, false]) ana.handlePartner(isGiven)
  expect(events[0]).toHaveLength(100)
  expect(events[0].at(-1)).toBe('false false')
})

test('reports no trust if it cannot be sent to the partner', () => {
  const { ana, events, cut } = pair(['by-user', 'by-user'])
  cut()
  expect(ana.give()).toBe(false)
  expect(events).toEqual([[], []])
})

test.for([
  [{}, 'at-once'],
  [{ relayUntilTrusted: true }, 'once-trusted'],
  [{ relayUntilTrusted: true, relayOnly: true }, 'never'],
  [{ relayUntilTrusted: true, mode: 'text' }, 'never'],
  [{ relayOnly: true, mode: 'audio' }, 'never'],
] as const)('addressPolicy converts options %j to `%s`', ([options, policy]) => {
  expect(addressPolicy(resolveOptions(options))).toBe(policy)
})
