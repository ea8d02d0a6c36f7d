import { expect, test } from 'vitest'
import { MutualTrust } from './mutual-trust.ts'
import type { AddressPolicy } from '../options.ts'
import { addressPolicy, resolveOptions } from '../options.ts'

/** Two sides that hear each other at once, and what happened to each. */
function pair(policies: readonly [AddressPolicy, AddressPolicy]) {
  const happened: [string[], string[]] = [[], []]
  let isReachable = true
  const create = (side: 0 | 1, other: () => MutualTrust): MutualTrust =>
    new MutualTrust({
      policy: policies[side],
      sendTrust: () => {
        if (!isReachable) return false
        happened[side].push('tells')
        queueMicrotask(() => other().handlePartner())
        return true
      },
      onChange: ({ self, partner }) => happened[side].push(`${self} ${partner}`),
      onMutual: () => happened[side].push('direct'),
    })
  const ana = create(0, () => bob)
  const bob: MutualTrust = create(1, () => ana)
  return { ana, bob, happened, cut: () => (isReachable = false) }
}

test('one alone changes nothing; once both trust each other both go direct, whoever was first', async () => {
  const { ana, bob, happened } = pair(['once-trusted', 'once-trusted'])
  expect(ana.give()).toBe(true)
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([false, false])
  expect(bob.give()).toBe(true)
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([true, true])
  expect(happened[0]).toEqual(['tells', 'true false', 'true true', 'direct'])
  expect(happened[1]).toEqual(['false true', 'tells', 'true true', 'direct'])
})

test('said twice, or at the same moment, it is one thing', async () => {
  const { ana, bob, happened } = pair(['once-trusted', 'once-trusted'])
  for (const side of [ana, bob, ana, bob]) expect(side.give()).toBe(true)
  await Promise.resolve()
  for (const side of [ana, bob]) side.handlePartner()
  for (const said of happened) expect(said).toEqual(['tells', 'true false', 'true true', 'direct'])
})

test('who hides nothing agrees without being asked, and never asks', async () => {
  const { ana, bob, happened } = pair(['at-once', 'once-trusted'])
  expect(ana.give()).toBe(true)
  expect(happened).toEqual([[], []])
  bob.give()
  await Promise.resolve()
  await Promise.resolve()
  expect(happened[0]).toEqual(['tells', 'direct'])
  expect(happened[1]).toEqual(['tells', 'true false', 'true true', 'direct'])
})

test('who never shows an address is not asked, and asks nobody', async () => {
  const { ana, bob, happened } = pair(['never', 'once-trusted'])
  expect(ana.give()).toBe(true)
  bob.give()
  await Promise.resolve()
  expect([ana.isMutual, bob.isMutual]).toEqual([false, false])
  expect(happened).toEqual([[], ['tells', 'true false']])
})

test('where the partner cannot be told nothing is given', () => {
  const { ana, happened, cut } = pair(['once-trusted', 'once-trusted'])
  cut()
  expect(ana.give()).toBe(false)
  expect(happened).toEqual([[], []])
})

test.for([
  [{}, 'at-once'],
  [{ relayUntilTrusted: true }, 'once-trusted'],
  [{ relayUntilTrusted: true, relayOnly: true }, 'never'],
  [{ relayUntilTrusted: true, mode: 'text' }, 'never'],
  [{ relayOnly: true, mode: 'audio' }, 'never'],
] as const)('options %j: %s', ([options, policy]) => {
  expect(addressPolicy(resolveOptions(options))).toBe(policy)
})
