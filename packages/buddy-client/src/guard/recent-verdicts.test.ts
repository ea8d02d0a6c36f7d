import { array, assert, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import type { GuardVerdict } from './guard.ts'
import { guardVerdicts } from './guard.ts'
import { RecentVerdicts } from './recent-verdicts.ts'

/** Returns the verdict after each of these results. */
function standingAfter(...verdicts: GuardVerdict[]): GuardVerdict[] {
  const recent = new RecentVerdicts()
  return verdicts.map((verdict) => {
    recent.add({ verdict, label: verdict, score: 1 })
    return recent.standing
  })
}

test.each<[string, GuardVerdict[], GuardVerdict[]]>([
  ['one bad picture changes nothing', ['ok', 'veil', 'ok', 'ok'], ['ok', 'ok', 'ok', 'ok']],
  ['two of three veil', ['veil', 'ok', 'veil'], ['ok', 'ok', 'veil']],
  ['the first two are enough', ['leave', 'leave'], ['ok', 'leave']],
  ['of two bad ones, the milder one stands', ['warn', 'leave'], ['ok', 'warn']],
  ['one good picture does not unveil', ['veil', 'veil', 'ok'], ['ok', 'veil', 'veil']],
  ['two good ones do', ['veil', 'veil', 'ok', 'ok'], ['ok', 'veil', 'veil', 'ok']],
])('%s', (_name, results, standing) => {
  expect(standingAfter(...results)).toEqual(standing)
})

test('returns the result with the new verdict when the verdict changes, and nothing otherwise', () => {
  const recent = new RecentVerdicts()
  expect(recent.add({ verdict: 'veil', label: 'A', score: 0.9 })).toBeUndefined()
  expect(recent.isInDoubt).toBe(true)
  expect(recent.add({ verdict: 'leave', label: 'B', score: 0.8 })).toEqual({
    verdict: 'veil',
    label: 'A',
    score: 0.9,
  })
  expect(recent.add({ verdict: 'ok', label: 'C', score: 1 })).toBeUndefined()
  expect(recent.isInDoubt).toBe(false)
})

test('after a former verdict, two good results return `ok`, and two bad ones nothing', () => {
  for (const verdict of ['ok', 'veil'] as const) {
    const recent = new RecentVerdicts('veil')
    expect(recent.standing).toBe('veil')
    expect(recent.add({ verdict, label: 'A', score: 1 })).toBeUndefined()
    const second = recent.add({ verdict, label: 'B', score: 1 })
    expect(second?.verdict).toBe(verdict === 'ok' ? 'ok' : undefined)
    expect(recent.standing).toBe(verdict)
  }
})

test('the verdict is other than `ok` only while two of the latest three results are at least as bad', () => {
  assert(
    property(array(constantFrom(...guardVerdicts), { maxLength: 30 }), (verdicts) => {
      for (const [index, standing] of standingAfter(...verdicts).entries()) {
        const latest = verdicts.slice(Math.max(0, index - 2), index + 1)
        const severity = (verdict: GuardVerdict): number => guardVerdicts.indexOf(verdict)
        const count = latest.filter((verdict) => severity(verdict) >= severity(standing)).length
        if (standing !== 'ok') expect(count).toBeGreaterThanOrEqual(2)
      }
    }),
  )
})
