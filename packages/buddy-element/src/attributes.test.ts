import { expect, test } from 'vitest'
import { toReveal } from './attributes.ts'

test.for([
  [undefined, 'at-once'],
  [null, 'at-once'],
  ['', 'at-once'],
  ['at-once', 'at-once'],
  ['mutual', 'mutual'],
  ['Mutual', 'mutual'],
  ['after-consent', 'mutual'],
] as const)('toReveal covers the picture for every value but at-once: %s', ([value, expected]) => {
  expect(toReveal(value)).toBe(expected)
})
