import { expect, test } from 'vitest'
import { LinkTable } from './chain.ts'
import type { BucketMemo } from './interest-buckets.ts'
import { InterestBuckets } from './interest-buckets.ts'

test('finds what it has found for a session before, until empty buckets are removed', () => {
  const interests = new InterestBuckets<object>(new LinkTable<object>())
  const memo: BucketMemo<object> = { generation: undefined, buckets: [] }
  const found = interests.find(['a', 'b'], memo)
  expect(interests.find(['a', 'b'], memo)).toBe(found)
  const [b] = interests.find(['b', 'a'], memo)
  expect(b).toBe(found[1])
  // A bucket that is not empty stays.
  found[0]!.size = 1
  interests.find(['a', 'b'], memo)
  for (let index = 0; index < 1002; index++) {
    interests.find([`other ${index}`], { generation: undefined, buckets: [] })
  }
  const [a, again] = interests.find(['a', 'b'], memo)
  expect([a === found[0], again === found[1]]).toEqual([true, false])
})

test('each interest has a number of its own, also after others were removed', () => {
  const interests = new InterestBuckets<object>(new LinkTable<object>())
  const kept = Array.from({ length: 5000 }, (_, index) => {
    const [bucket] = interests.find([`word ${index}`], { generation: undefined, buckets: [] })
    bucket!.size = index % 3 === 0 ? 1 : 0
    return bucket!
  }).filter(({ size }) => size > 0)
  const numbers = kept.map(({ number }) => number)
  expect(new Set(numbers).size).toBe(numbers.length)
  expect(Math.max(...numbers)).toBeLessThan(interests.searchedBy.length)
})
