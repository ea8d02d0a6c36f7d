import { expect, test } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

test('waits longer after each failure, and never more than two seconds, also after an outage of hours', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 10_000].map((retries) => retryDelayMs(retries, 1))).toEqual([
    50, 100, 200, 400, 800, 1600, 2000, 2000,
  ])
})

test('spreads the nodes over half of the wait', () => {
  const waits = [0, 0.25, 0.5, 0.75, 1].map((random) => retryDelayMs(10, random))
  expect(waits).toEqual([1000, 1250, 1500, 1750, 2000])
})
