import { expect, test } from 'vitest'
import { BitrateLadder } from './bitrate-ladder.ts'
import type { Quality } from './quality.ts'

const handle = (ladder: BitrateLadder, quality: Quality, times = 1): number => {
  for (let time = 0; time < times; time++) ladder.handle(quality)
  return ladder.rung.kbps
}
/** How many good measurements it takes to the next rung up. */
const goodUntilUp = (ladder: BitrateLadder): number => {
  for (let count = 1; count <= 100; count++) if (ladder.handle('good')) return count
  return Infinity
}

test('one poor measurement is a step down, two fair ones are', () => {
  const ladder = new BitrateLadder()
  expect(handle(ladder, 'poor')).toBe(1000)
  expect(handle(ladder, 'fair')).toBe(1000)
  expect(handle(ladder, 'fair')).toBe(500)
})

test('fair ones among good ones lead nowhere', () => {
  const ladder = new BitrateLadder()
  for (let time = 0; time < 20; time++) {
    expect(handle(ladder, 'fair')).toBe(2500)
    expect(handle(ladder, 'good')).toBe(2500)
  }
})

test('what is merely fair leaves a picture, what is poor a small one: never less', () => {
  const ladder = new BitrateLadder()
  expect(handle(ladder, 'fair', 100)).toBe(500)
  expect(handle(ladder, 'poor', 100)).toBe(120)
  expect(ladder.rung).toEqual({ kbps: 120, shortSide: 180, framesPerSecond: 12 })
  expect(handle(ladder, 'fair', 100)).toBe(120)
})

test('up goes slowly, one rung after five good measurements, to the top', () => {
  const ladder = new BitrateLadder()
  handle(ladder, 'poor', 2)
  expect(handle(ladder, 'good', 4)).toBe(500)
  expect(handle(ladder, 'good')).toBe(1000)
  expect(handle(ladder, 'good', 5)).toBe(2500)
  expect(handle(ladder, 'good', 500)).toBe(2500)
})

test('a step up that was too much is waited for longer each time, within a bound', () => {
  const ladder = new BitrateLadder()
  handle(ladder, 'poor')
  const waits = Array.from({ length: 6 }, () => {
    const wait = goodUntilUp(ladder)
    handle(ladder, 'poor')
    return wait
  })
  expect(waits).toEqual([5, 10, 20, 40, 40, 40])
})

test('a step that held is forgiven the ones that did not', () => {
  const ladder = new BitrateLadder()
  handle(ladder, 'poor', 3)
  expect(goodUntilUp(ladder)).toBe(5)
  handle(ladder, 'poor')
  expect(goodUntilUp(ladder)).toBe(10)
  expect(goodUntilUp(ladder)).toBe(10)
  expect(goodUntilUp(ladder)).toBe(5)
})

test('with little data it begins low, and goes lower where it must; without, it is back at once', () => {
  const ladder = new BitrateLadder()
  ladder.setLowData(true)
  expect(handle(ladder, 'good', 100)).toBe(250)
  expect(handle(ladder, 'poor')).toBe(120)
  expect(handle(ladder, 'good', 100)).toBe(250)
  const calm = new BitrateLadder()
  calm.setLowData(true)
  calm.setLowData(false)
  expect(calm.rung.kbps).toBe(2500)
})
