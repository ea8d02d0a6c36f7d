import { expect, test } from 'vitest'
import { weigh, weightOf } from './reporter-weight.ts'
import type { StoredReport } from './store.ts'

test.each([
  [{ met: 0, reported: 0 }, 1, 'nothing is known'],
  [{ met: 2, reported: 2 }, 1, 'the first three count in full'],
  [{ met: 100, reported: 25 }, 1, 'a quarter of the partners'],
  [{ met: 100, reported: 50 }, 0.25, 'half of them'],
  [{ met: 3, reported: 3 }, 0.1, 'all of them'],
  [{ met: 0, reported: 50 }, 0.1, 'more than were counted'],
])('the next report of %o has the weight %d: %s', (tally, weight) => {
  expect(weightOf(tally)).toBeCloseTo(weight)
})

let count = 0
/** A report by a person who has met many others, from an address of their own. */
function by(reporterId: string, more: Partial<StoredReport> = {}): StoredReport {
  const own = {
    reporterAddress: `address ${++count}`,
    reporterSinceMs: 0,
    reporterMet: 5,
    weight: 1,
  }
  return { reporterId, ...own, ...more } as StoredReport
}

test('independent reporters add up', () => {
  expect(weigh([])).toEqual({ reporters: 0, weight: 0 })
  expect(weigh([by('ana'), by('bob'), by('cleo', { weight: 0.5 })])).toEqual({
    reporters: 3,
    weight: 2.5,
  })
})

test('a person counts once, and an address counts once, each with the highest weight', () => {
  expect(weigh([by('ana'), by('ana', { weight: 0.5 })])).toEqual({ reporters: 1, weight: 1 })
  const house = { reporterAddress: 'house' }
  const flat = [by('ana', { ...house, weight: 0.2 }), by('bob', { ...house, weight: 0.7 })]
  expect(weigh(flat)).toEqual({ reporters: 1, weight: 0.7 })
})

test('newcomers who arrived within a minute of each other count once, however long the chain is', () => {
  const newcomer = (index: number, stepMs: number): StoredReport =>
    by(`n${index}`, { reporterMet: 1, reporterSinceMs: index * stepMs })
  const group = Array.from({ length: 20 }, (_, index) => newcomer(index, 60_000))
  expect(weigh(group).reporters).toBe(1)
  expect(weigh(group.toReversed()).reporters).toBe(1)
  const apart = Array.from({ length: 20 }, (_, index) => newcomer(index, 60_001))
  expect(weigh(apart).reporters).toBe(20)
  // People who have met others are not newcomers, even if they arrived together.
  const regulars = group.map((report) => ({ ...report, reporterMet: 2 }))
  expect(weigh(regulars).reporters).toBe(20)
  expect(weigh([...group, by('ana')]).reporters).toBe(2)
})
