import { beforeEach, afterEach, expect, test, vi } from 'vitest'
import { TypingSignal } from './typing-signal.ts'

let told: boolean[]
let signal: TypingSignal

beforeEach(() => {
  vi.useFakeTimers()
  told = []
  signal = new TypingSignal({
    onChange: (isTyping) => told.push(isTyping),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs) as unknown as number,
    clearTimeout: (id) => clearTimeout(id),
  })
})
afterEach(() => vi.useRealTimers())

test('many key presses are told once, and the pause after them once', () => {
  for (let press = 0; press < 5; press++) {
    signal.notify()
    vi.advanceTimersByTime(2999)
  }
  expect(told).toEqual([true])
  vi.advanceTimersByTime(1)
  expect(told).toEqual([true, false])
})

test('after reset nothing is told', () => {
  signal.notify()
  expect(signal.reset()).toBe(true)
  vi.advanceTimersByTime(60_000)
  signal.end()
  expect(told).toEqual([true])
})
