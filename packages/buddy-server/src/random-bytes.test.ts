import { expect, test } from 'vitest'
import { randomBytes } from './random-bytes.ts'

test('returns different bytes in each call, even over several blocks', () => {
  const all = Array.from({ length: 2000 }, () => randomBytes(12))
  expect(all.every(({ length }) => length === 12)).toBe(true)
  const before = all.map((bytes) => bytes.toString('hex'))
  expect(new Set(before).size).toBe(2000)
  // Later calls must not overwrite earlier results.
  for (let count = 0; count < 2000; count++) randomBytes(7)
  expect(all.map((bytes) => bytes.toString('hex'))).toEqual(before)
})

test('returns more bytes than a block has', () => {
  expect(new Set(randomBytes(10_000)).size).toBe(256)
})
