import { expect, test } from 'vitest'
import type { Interval } from './call-stats.ts'
import type { Quality } from './quality.ts'
import { judgeReceiving, judgeSending, SteadyQuality } from './quality.ts'

const perfect: Interval = {
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
  ...perfect,
  stats: { ...perfect.stats, ...change },
})

test.each([
  ['a call without problems', 'good', perfect],
  ['an unknown round-trip time', 'good', withStats({ rttMs: undefined })],
  ['1 % loss', 'good', withStats({ lossPercent: 1 })],
  ['5 % loss', 'fair', withStats({ lossPercent: 5 })],
  ['20 % loss', 'poor', withStats({ lossPercent: 20 })],
  ['a round-trip time of 500 ms', 'fair', withStats({ rttMs: 500 })],
  ['a round-trip time of 1 s', 'poor', withStats({ rttMs: 1000 })],
  ['80 ms of jitter', 'fair', withStats({ jitterMs: 80 })],
  ['video that is frozen half of the time', 'poor', { ...perfect, frozenPercent: 50 }],
  ['no packets and no RTCP reports', 'poor', { ...perfect, isSilent: true }],
  ['a partner without media', 'good', withStats({ receivedKbps: 0, framesPerSecond: 0 })],
] as const)('judgeReceiving returns, for %s, `%s`', (_name, quality, interval) => {
  expect(judgeReceiving(interval)).toBe(quality)
})

test.each([
  ['a call without problems', 'good', perfect, 2500],
  ['a call without RTCP reports', undefined, { ...perfect, sentLossPercent: undefined }, 2500],
  ['5 % loss at the partner', 'fair', { ...perfect, sentLossPercent: 5 }, 2500],
  ['20 % loss at the partner', 'poor', { ...perfect, sentLossPercent: 20 }, 2500],
  ['20 % loss of received packets', 'good', withStats({ lossPercent: 20 }), 2500],
  [
    '190 of 200 available kbit/s used',
    'fair',
    { ...withStats({ sentKbps: 190 }), availableKbps: 200 },
    2500,
  ],
  [
    '90 of 100 available kbit/s used',
    'poor',
    { ...withStats({ sentKbps: 90 }), availableKbps: 100 },
    2500,
  ],
  [
    '40 of 200 available kbit/s used',
    'good',
    { ...withStats({ sentKbps: 40 }), availableKbps: 200 },
    2500,
  ],
  [
    '110 of 130 available kbit/s used with a limit of 120 kbit/s',
    'good',
    { ...withStats({ sentKbps: 110 }), availableKbps: 130 },
    120,
  ],
] as const)('judgeSending returns, for %s, `%s`', (_name, quality, interval, wantedKbps) => {
  expect(judgeSending(interval, wantedKbps)).toBe(quality)
})

/** Returns the value of a `SteadyQuality` after each measurement. */
function smooth(measured: readonly Quality[]): Quality[] {
  const steady = new SteadyQuality()
  return measured.map((each) => {
    steady.handle(each)
    return steady.value
  })
}

test('SteadyQuality gets worse after two bad measurements in a row', () => {
  expect(smooth(['good', 'poor', 'good', 'poor', 'good'])).toEqual(Array(5).fill('good'))
  expect(smooth(['poor', 'poor'])).toEqual(['good', 'poor'])
})

test('SteadyQuality changes to the value in a row of measurements that is closest to the present one', () => {
  expect(smooth(['poor', 'fair'])).toEqual(['good', 'fair'])
  expect(smooth(['fair', 'poor'])).toEqual(['good', 'fair'])
  const after = (...measured: Quality[]): Quality | undefined =>
    smooth(['poor', 'poor', ...measured]).at(-1)
  expect(after('good', 'fair', 'good')).toBe('fair')
})

test('SteadyQuality gets better after three better measurements in a row', () => {
  const values = smooth(['fair', 'fair', 'good', 'good', 'fair', 'good', 'good', 'good'])
  expect(values.slice(1)).toEqual([...Array<Quality>(6).fill('fair'), 'good'])
})
