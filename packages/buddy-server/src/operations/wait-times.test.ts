import { expect, test } from 'vitest'
import { WaitTimes } from './wait-times.ts'

test('has no percentiles before the first wait', () => {
  expect(new WaitTimes().percentiles).toEqual({ p50: null, p95: null, p99: null })
})

test('has the same value for all percentiles after one wait', () => {
  const waits = new WaitTimes()
  waits.add(12.4)
  expect(waits.percentiles).toEqual({ p50: 12, p95: 12, p99: 12 })
})

test('uses the nearest rank, in any order of waits', () => {
  const waits = new WaitTimes()
  // 1 to 100, each once, not sorted: 37 and 100 have no common divisor.
  for (let count = 1; count <= 100; count++) waits.add(((count * 37) % 100) + 1)
  expect(waits.percentiles).toEqual({ p50: 50, p95: 95, p99: 99 })
})

test('uses only the latest thousand waits', () => {
  const waits = new WaitTimes()
  for (let count = 0; count < 500; count++) waits.add(60_000)
  for (let count = 0; count < 1000; count++) waits.add(5)
  expect(waits.percentiles).toEqual({ p50: 5, p95: 5, p99: 5 })
  waits.add(60_000)
  expect(waits.percentiles.p99).toBe(5)
})
