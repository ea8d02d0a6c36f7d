import { expect, test } from 'vitest'
import { WaitTimes } from './wait-times.ts'

test('its percentiles are null before the first wait', () => {
  expect(new WaitTimes().percentiles).toEqual({ p50: null, p95: null, p99: null })
})

test('all its percentiles are the same after one wait', () => {
  const waits = new WaitTimes()
  waits.add(12.4)
  expect(waits.percentiles).toEqual({ p50: 12, p95: 12, p99: 12 })
})

test('calculates nearest-rank percentiles, whatever the order of the waits', () => {
  const waits = new WaitTimes()
  // These are the numbers from 1 to 100 in another order. Each occurs once, because 37 and 100 have no common
  // divisor.
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
