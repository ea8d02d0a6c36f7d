import { expect, test } from 'vitest'
import { BitrateLadder } from './bitrate-ladder.ts'
import type { Quality } from './quality.ts'

const handle = (ladder: BitrateLadder, quality: Quality, times = 1): number => {
  for (let time = 0; time < times; time++) ladder.handle(quality)
  return ladder.rung.kbps
}
/** Returns the number of good measurements until the next step up. */
const goodUntilUp = (ladder: BitrateLadder): number => {
  for (let count = 1; count <= 100; count++) if (ladder.handle('good')) return count
  return Infinity
}

test('steps down after one poor or two fair measurements', () => {
  const ladder = new BitrateLadder()
  expect(handle(ladder, 'poor')).toBe(1000)
  expect(handle(ladder, 'fair')).toBe(1000)
  expect(handle(ladder, 'fair')).toBe(500)
})

test('keeps the rung if fair and good measurements alternate', () => {
  const ladder = new BitrateLadder()
  for (let time = 0; time < 20; time++) {
    expect(handle(ladder, 'fair')).toBe(2500)
    expect(handle(ladder, 'good')).toBe(2500)
  }
})

test('steps down to 500 kbit/s on fair quality and to 120 kbit/s on poor quality', () => {
  const ladder = new BitrateLadder()
  expect(handle(ladder, 'fair', 100)).toBe(500)
  expect(handle(ladder, 'poor', 100)).toBe(120)
  expect(ladder.rung).toEqual({ kbps: 120, shortSide: 180, framesPerSecond: 12 })
  expect(handle(ladder, 'fair', 100)).toBe(120)
})

test('steps up after every five good measurements, to the highest rung', () => {
  const ladder = new BitrateLadder()
  handle(ladder, 'poor', 2)
  expect(handle(ladder, 'good', 4)).toBe(500)
  expect(handle(ladder, 'good')).toBe(1000)
  expect(handle(ladder, 'good', 5)).toBe(2500)
  expect(handle(ladder, 'good', 500)).toBe(2500)
})

test('doubles the measurements needed for a step up each time one has failed, up to 40', () => {
  const ladder = new BitrateLadder()
  handle(ladder, 'poor')
  const waits = Array.from({ length: 6 }, () => {
    const wait = goodUntilUp(ladder)
    handle(ladder, 'poor')
    return wait
  })
  expect(waits).toEqual([5, 10, 20, 40, 40, 40])
})

test('needs only five good measurements again after a step up that was not followed by a step down', () => {
  const ladder = new BitrateLadder()
  handle(ladder, 'poor', 3)
  expect(goodUntilUp(ladder)).toBe(5)
  handle(ladder, 'poor')
  expect(goodUntilUp(ladder)).toBe(10)
  expect(goodUntilUp(ladder)).toBe(10)
  expect(goodUntilUp(ladder)).toBe(5)
})

test('stays at or below 250 kbit/s in low-data mode, and rises at once when the mode ends', () => {
  const ladder = new BitrateLadder()
  ladder.setLowData(true)
  expect(handle(ladder, 'good', 100)).toBe(250)
  expect(handle(ladder, 'poor')).toBe(120)
  expect(handle(ladder, 'good', 100)).toBe(250)
  const other = new BitrateLadder()
  other.setLowData(true)
  other.setLowData(false)
  expect(other.rung.kbps).toBe(2500)
})
