import { expect, onTestFinished, test } from 'vitest'
import type { Reading } from './sampler.ts'
import { Sampler } from './sampler.ts'

const quiet: Reading = {
  users: 0,
  waiting: 0,
  rooms: 0,
  matches: 0,
  waitP95Ms: null,
  relayedFrames: 0,
  relayedBytes: 0,
}

/** Creates a sampler. The test sets its time and its readings. */
function createSampler(): {
  sampler: Sampler
  now: { atMs: number; behindMs: number; reading: Reading }
} {
  const now = { atMs: 1_000_000, behindMs: 0, reading: quiet }
  const sampler = new Sampler(
    () => now.reading,
    () => now.atMs - now.behindMs,
    () => now.atMs,
  )
  onTestFinished(() => sampler.close())
  return { sampler, now }
}

test('takes no sample before the start', () => {
  const { sampler } = createSampler()
  sampler.sample()
  expect(sampler.samples.at).toEqual([])
})

test('samples contain counts as they are, and totals as rates over the elapsed time', () => {
  const { sampler, now } = createSampler()
  now.reading = { ...quiet, matches: 10, relayedFrames: 1000, relayedBytes: 50_000 }
  sampler.start()
  now.atMs += 2000
  now.reading = {
    users: 7,
    waiting: 1,
    rooms: 3,
    matches: 13,
    waitP95Ms: 120,
    relayedFrames: 1005,
    relayedBytes: 51_000,
  }
  sampler.sample()
  // The second sample is late. Its rates are no higher, because they are averages over the real time.
  now.atMs += 4000
  now.reading = { ...now.reading, matches: 15, relayedFrames: 1025 }
  sampler.sample()
  expect(sampler.samples).toMatchObject({
    at: [1002, 1006],
    users: [7, 7],
    waiting: [1, 1],
    rooms: [3, 3],
    matchesPerMinute: [90, 30],
    waitP95Ms: [120, 120],
    framesPerSecond: [2.5, 5],
    bytesPerSecond: [500, 0],
    residentBytes: [expect.any(Number), expect.any(Number)],
    loopLagMs: [expect.any(Number), expect.any(Number)],
  })
})

test('keeps the samples of twenty minutes, which are six hundred in each column', () => {
  const { sampler, now } = createSampler()
  sampler.start()
  for (let count = 0; count < 605; count++) {
    now.atMs += 2000
    sampler.sample()
  }
  for (const column of Object.values(sampler.samples)) expect(column).toHaveLength(600)
  expect(sampler.samples.at[0]).toBe(1012)
})

test('keeps rates correct and times increasing if the system clock is set back', () => {
  const { sampler, now } = createSampler()
  sampler.start()
  for (const frames of [100, 200, 300]) {
    now.atMs += 2000
    if (frames === 200) now.behindMs = 60_000
    now.reading = { ...quiet, relayedFrames: frames }
    sampler.sample()
  }
  const { at, framesPerSecond } = sampler.samples
  expect(framesPerSecond).toEqual([50, 50, 50])
  expect(at).toEqual([1002, 1002.001, 1002.002])
})

test('reports a long turn of the event loop as lag', async () => {
  const { sampler } = createSampler()
  sampler.start()
  const beats = async (): Promise<void> => {
    for (let beat = 0; beat < 3; beat++) await new Promise((resolve) => setTimeout(resolve, 25))
  }
  await beats()
  const until = performance.now() + 200
  while (performance.now() < until);
  await beats()
  sampler.sample()
  expect(sampler.samples.loopLagMs[0]).toBeGreaterThan(150)
})
