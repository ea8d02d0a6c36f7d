import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

test('gives a burst of tokens, then as many as its rate refills', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 1000)
  expect([1, 2, 3].map(() => bucket.take(1000))).toEqual([0, 0, 0])
  expect(bucket.take(1000)).toBe(500)
  expect(bucket.take(1250)).toBe(250)
  expect(bucket.take(1500)).toBe(0)
  expect(bucket.take(1500)).toBe(500)
})

test('never refills beyond the burst', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 10 }, 0)
  expect([1, 2, 3].map(() => bucket.take(1_000_000))).toEqual([0, 0, 100])
})
