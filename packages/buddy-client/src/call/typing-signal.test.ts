import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { TypingSignal } from './typing-signal.ts'

let clock: ManualClock
let told: boolean[]
let signal: TypingSignal

beforeEach(() => {
  clock = new ManualClock()
  told = []
  signal = new TypingSignal({
    onChange: (isTyping) => told.push(isTyping),
    clock,
  })
})

test('many key presses are told once, and the pause after them once', () => {
  for (let press = 0; press < 5; press++) {
    signal.notify()
    clock.advance(2999)
  }
  expect(told).toEqual([true])
  clock.advance(1)
  expect(told).toEqual([true, false])
})

test('after reset nothing is told', () => {
  signal.notify()
  expect(signal.reset()).toBe(true)
  clock.advance(60_000)
  signal.end()
  expect(told).toEqual([true])
})
