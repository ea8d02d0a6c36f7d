import { expect, test } from 'vitest'
import { createOriginCheck } from './origin-check.ts'

const isAllowed = (
  allowed: readonly string[],
  origin: string | undefined,
  host = 'chat.example:3000',
) => createOriginCheck(allowed)({ origin, host })

test.each([
  [['https://a.example'], 'https://a.example', true],
  [['https://A.example'], 'https://a.EXAMPLE', true],
  [['https://a.example'], 'http://a.example', false],
  [['https://a.example'], 'https://b.a.example', false],
  [['https://a.example'], 'https://a.example:8443', false],
  [['https://a.example'], 'null', false],
  [['https://*.example'], 'https://a.example', true],
  [['https://*.example'], 'https://b.a.example', true],
  [['https://*.example'], 'http://a.example', false],
  [['https://*.example'], 'https://example', false],
  [['https://*.example'], 'https://.example', false],
  [['https://*.example'], 'https://aexample', false],
  [['https://*.example'], 'https://*.example', false],
  [['https://*.example'], 'https://a.example.evil', false],
  [['https://*.example'], 'https://a.example:8443', false],
  [['https://*.example:8443'], 'https://a.example:8443', true],
  [['https://*.example', 'https://*.test'], 'https://a.test', true],
  [['self'], 'https://chat.example:3000', true],
  [['self'], 'http://CHAT.example:3000', true],
  [['self'], 'https://chat.example', false],
  [['self'], 'self', false],
  [['https://a.example'], 'self', false],
  [['*'], 'https://anything.example', true],
  [['https://a.example', '*'], 'null', true],
  [[], 'https://a.example', false],
])('with the allowed origins %j, the result for %s is %s', (allowed, origin, expected) => {
  expect(isAllowed(allowed, origin)).toBe(expected)
})

test('allows a client without an Origin header, which is not a browser', () => {
  expect(isAllowed([], undefined)).toBe(true)
})

test('`self` does not match a request without a Host header', () => {
  expect(isAllowed(['self'], 'https://', '')).toBe(false)
})

test('a wildcard does not match an origin that is longer than a host name can be', () => {
  expect(isAllowed(['https://*.example'], `https://${'a.'.repeat(2000)}example`)).toBe(false)
})
