import { expect, test } from 'vitest'
import { backoffMs, retryAfterWithJitterMs } from './backoff.ts'

test('backoffMs doubles the maximum with each attempt, from 0.5 s up to 15 s', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => backoffMs(attempt, () => 1))
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
})

test('backoffMs applies full jitter, from 0 to the maximum', () => {
  expect(backoffMs(3, () => 0)).toBe(0)
  expect(backoffMs(3, () => 0.5)).toBe(2000)
})

test('retryAfterWithJitterMs adds up to a quarter, or 0.5 s if that is more, to the time of the server', () => {
  expect(retryAfterWithJitterMs(8000, () => 0)).toBe(8000)
  expect(retryAfterWithJitterMs(8000, () => 1)).toBe(10_000)
  expect(retryAfterWithJitterMs(0, () => 1)).toBe(500)
})
