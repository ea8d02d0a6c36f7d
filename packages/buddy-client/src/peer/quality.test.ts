import { expect, test } from 'vitest'
import type { Interval } from './call-stats.ts'
import type { Quality } from './quality.ts'
import { judgeReceiving, judgeSending, SteadyQuality } from './quality.ts'

const calm: Interval = {
  stats: {
    rttMs: 40,
    lossPercent: 0,
    jitterMs: 5,
    receivedKbps: 1500,
    sentKbps: 1500,
    framesPerSecond: 30,
    width: 1280,
    height: 720,
  },
  sentLossPercent: 0,
  frozenPercent: 0,
  availableKbps: 3000,
  isSilent: false,
}
const withStats = (change: Partial<Interval['stats']>): Interval => ({
  ...calm,
  stats: { ...calm.stats, ...change },
})

test.each([
  ['a calm call', calm, 'good'],
  ['an unknown time there and back', withStats({ rttMs: undefined }), 'good'],
  ['1 % lost', withStats({ lossPercent: 1 }), 'good'],
  ['5 % lost', withStats({ lossPercent: 5 }), 'fair'],
  ['20 % lost', withStats({ lossPercent: 20 }), 'poor'],
  ['half a second there and back', withStats({ rttMs: 500 }), 'fair'],
  ['a second there and back', withStats({ rttMs: 1000 }), 'poor'],
  ['uneven arrival', withStats({ jitterMs: 80 }), 'fair'],
  ['a picture that stands still for half of the time', { ...calm, frozenPercent: 50 }, 'poor'],
  ['nothing that comes, not even reports', { ...calm, isSilent: true }, 'poor'],
  ['nobody to be seen or heard', withStats({ receivedKbps: 0, framesPerSecond: 0 }), 'good'],
] as const)('receiving, %s: %s', (_what, interval, quality) => {
  expect(judgeReceiving(interval)).toBe(quality)
})

test.each([
  ['a calm call', calm, 2500, 'good'],
  ['no report from the partner', { ...calm, sentLossPercent: undefined }, 2500, undefined],
  ['5 % lost there', { ...calm, sentLossPercent: 5 }, 2500, 'fair'],
  ['20 % lost there', { ...calm, sentLossPercent: 20 }, 2500, 'poor'],
  ['what is lost here does not count', withStats({ lossPercent: 20 }), 2500, 'good'],
  ['all of a narrow line', { ...withStats({ sentKbps: 190 }), availableKbps: 200 }, 2500, 'fair'],
  ['all of nearly nothing', { ...withStats({ sentKbps: 90 }), availableKbps: 100 }, 2500, 'poor'],
  [
    'an estimate nobody tested',
    { ...withStats({ sentKbps: 40 }), availableKbps: 200 },
    2500,
    'good',
  ],
  ['as much as is wanted', { ...withStats({ sentKbps: 110 }), availableKbps: 130 }, 120, 'good'],
] as const)('sending, %s', (_what, interval, wantedKbps, quality) => {
  expect(judgeSending(interval, wantedKbps)).toBe(quality)
})

/** What is told after each measurement. */
function steadied(measured: readonly Quality[]): Quality[] {
  const steady = new SteadyQuality()
  return measured.map((each) => {
    steady.handle(each)
    return steady.value
  })
}

test('one bad moment says nothing, two do', () => {
  expect(steadied(['good', 'poor', 'good', 'poor', 'good'])).toEqual(Array(5).fill('good'))
  expect(steadied(['poor', 'poor'])).toEqual(['good', 'poor'])
})

test('it goes only as far as all of them went', () => {
  expect(steadied(['poor', 'fair'])).toEqual(['good', 'fair'])
  expect(steadied(['fair', 'poor'])).toEqual(['good', 'fair'])
  const after = (...measured: Quality[]): Quality | undefined =>
    steadied(['poor', 'poor', ...measured]).at(-1)
  expect(after('good', 'fair', 'good')).toBe('fair')
})

test('it gets better only after three good moments in a row', () => {
  const told = steadied(['fair', 'fair', 'good', 'good', 'fair', 'good', 'good', 'good'])
  expect(told.slice(1)).toEqual([...Array<Quality>(6).fill('fair'), 'good'])
})
