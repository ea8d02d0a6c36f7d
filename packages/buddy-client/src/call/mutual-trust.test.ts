import { expect, test } from 'vitest'
import { MutualTrust } from './mutual-trust.ts'
import type { AddressPolicy } from '../options.ts'
import { addressPolicy, resolveOptions } from '../options.ts'

/** Creates two connected clients' `MutualTrust`, and records what each of them sends and reports. */
function pair(policies: readonly [AddressPolicy, AddressPolicy]) {
  const events: [string[], string[]] = [[], []]
  let isReachable = true
  const create = (side: 0 | 1, other: () => MutualTrust): MutualTrust =>
    new MutualTrust({
      policy: policies[side],
      sendTrust: () => {
        if (!isReachable) return false
        events[side].push('sends')
        queueMicrotask(() => other().handlePartner())
        return true
      },
      onChange: ({ self, partner }) => events[side].push(`${self} ${partner}`),
      onMutual: () => events[side].push('mutual'),
    })
  const ana = create(0, () => bob)
  const bob: MutualTrust = create(1, () => ana)
  return { ana, bob, events, cut: () => (isReachable = false) }
}

test('becomes mutual on both sides only when both users have agreed', async () => {
  const { ana, bob, events } = pair(['once-trusted', 'once-trusted'])
  expect(ana.give()).toBe(true)
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([false, false])
  expect(bob.give()).toBe(true)
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([true, true])
  expect(events[0]).toEqual(['sends', 'true false', 'true true', 'mutual'])
  expect(events[1]).toEqual(['false true', 'sends', 'true true', 'mutual'])
})

test('sends and reports trust once if users agree twice, or both at the same time', async () => {
  const { ana, bob, events } = pair(['once-trusted', 'once-trusted'])
  for (const side of [ana, bob, ana, bob]) expect(side.give()).toBe(true)
  await Promise.resolve()
  for (const side of [ana, bob]) side.handlePartner()
  const expected = ['sends', 'true false', 'true true', 'mutual']
  expect(events).toEqual([expected, expected])
})

test('with policy `at-once`, sends trust only in answer to the partner, and reports no change', async () => {
  const { ana, bob, events } = pair(['at-once', 'once-trusted'])
  expect(ana.give()).toBe(true)
  expect(events).toEqual([[], []])
  bob.give()
  await Promise.resolve()
  await Promise.resolve()
  expect(events[0]).toEqual(['sends', 'mutual'])
  expect(events[1]).toEqual(['sends', 'true false', 'true true', 'mutual'])
})

test('with policy `never`, sends no trust and reports no change', async () => {
  const { ana, bob, events } = pair(['never', 'once-trusted'])
  expect(ana.give()).toBe(true)
  bob.give()
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([false, false])
  expect(events).toEqual([[], ['sends', 'true false']])
})

test('reports no trust if it cannot be sent to the partner', () => {
  const { ana, events, cut } = pair(['once-trusted', 'once-trusted'])
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
