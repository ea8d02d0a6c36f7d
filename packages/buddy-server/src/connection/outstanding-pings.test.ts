import { expect, test } from 'vitest'
import { OutstandingPings } from './outstanding-pings.ts'

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.of(...values)

test('for a pong, returns the number of frames sent before the ping with the same payload', () => {
  const pings = new OutstandingPings()
  const payload = pings.next(258)
  expect(payload).toEqual(bytes(0, 0, 1, 2))
  expect(pings.handlePong(bytes(0, 0, 1, 2))).toBe(258)
})

test.each([
  ['no payload', bytes()],
  ['another count', bytes(0, 0, 0, 6)],
  ['too few bytes', bytes(0, 0, 5)],
  ['too many bytes', bytes(0, 0, 0, 5, 0)],
])('ignores a pong with %s, and keeps the ping outstanding', (_what, payload) => {
  const pings = new OutstandingPings()
  pings.next(5)
  expect(pings.handlePong(payload)).toBeUndefined()
  expect(pings.handlePong(bytes(0, 0, 0, 5))).toBe(5)
})

test('accepts one pong for each ping', () => {
  const pings = new OutstandingPings()
  const payload = pings.next(5)!
  expect(pings.handlePong(payload)).toBe(5)
  expect(pings.handlePong(payload)).toBeUndefined()
})

test('ignores a pong before the first ping', () => {
  expect(new OutstandingPings().handlePong(bytes(0, 0, 0, 0))).toBeUndefined()
})

test('a pong also answers all pings before the one with its payload', () => {
  const pings = new OutstandingPings()
  const [first, second, third] = [pings.next(1)!, pings.next(2)!, pings.next(3)!]
  expect(pings.handlePong(second)).toBe(2)
  expect(pings.handlePong(first)).toBeUndefined()
  expect(pings.handlePong(third)).toBe(3)
})

test('accepts a pong for each of two pings before which the same number of frames was sent', () => {
  const pings = new OutstandingPings()
  const [first, second] = [pings.next(7)!, pings.next(7)!]
  expect(pings.handlePong(first)).toBe(7)
  expect(pings.handlePong(second)).toBe(7)
  expect(pings.handlePong(second)).toBeUndefined()
})

test('keeps at most eight outstanding pings for a client that answers none', () => {
  const pings = new OutstandingPings()
  const sent = Array.from({ length: 20 }, (_, index) => pings.next(index))
  expect(sent.filter(Boolean)).toHaveLength(8)
  expect(pings.handlePong(sent[7]!)).toBe(7)
  expect(pings.next(20)).toBeDefined()
})
