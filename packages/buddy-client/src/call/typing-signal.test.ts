import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { TypingSignal } from './typing-signal.ts'

let clock: ManualClock
let reported: boolean[]
let signal: TypingSignal

beforeEach(() => {
  clock = new ManualClock()
  reported = []
  signal = new TypingSignal({
    onChange: (isTyping) => reported.push(isTyping),
    clock,
  })
})

test('reports the beginning of typing once, and its end once after 3 s without a key press', () => {
  for (let press = 0; press < 5; press++) {
    signal.notify()
    clock.advance(2999)
  }
  expect(reported).toEqual([true])
  clock.advance(1)
  expect(reported).toEqual([true, false])
})

test('reports nothing after `reset`', () => {
  signal.notify()
  expect(signal.reset()).toBe(true)
  clock.advance(60_000)
  signal.end()
  expect(reported).toEqual([true])
})
