import { expect, test } from 'vitest'
import { closeCodes, mayReconnect } from './close-codes.ts'

test.for([
  [1000, false],
  [1001, true],
  [1006, true],
  [1012, true],
  [4000, true],
  [4499, true],
  [4500, false],
  [4999, false],
] as const)('mayReconnect(%i) returns %s', ([code, may]) => {
  expect(mayReconnect(code)).toBe(may)
})

test('no two close codes have the same number', () => {
  const numbers = Object.values(closeCodes)
  expect(new Set(numbers).size).toBe(numbers.length)
})
