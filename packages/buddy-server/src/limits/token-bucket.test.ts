import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

test('a burst is let through, then as many as come back with time', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 1000)
  expect([1, 2, 3].map(() => bucket.take(1000))).toEqual([0, 0, 0])
  expect(bucket.take(1000)).toBe(500)
  expect(bucket.take(1250)).toBe(250)
  expect(bucket.take(1500)).toBe(0)
  expect(bucket.take(1500)).toBe(500)
})

test('it never holds more than the burst', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 10 }, 0)
  expect([1, 2, 3].map(() => bucket.take(1_000_000))).toEqual([0, 0, 100])
})
