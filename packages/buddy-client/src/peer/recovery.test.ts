import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { Recovery } from './recovery.ts'

let clock: ManualClock
let calls: string[]
let recovery: Recovery

beforeEach(() => {
  clock = new ManualClock()
  calls = []
  recovery = new Recovery({
    clock,
    restart: () => calls.push('restart'),
    rebuild: () => calls.push('rebuild'),
    giveUp: () => calls.push('give up'),
    onStep: (step) => calls.push(`(${step})`),
  })
})
afterEach(() => {
  recovery.close()
  expect(clock.pending).toBe(0)
})

const connect = (): void => {
  recovery.handleState('connected')
  expect(calls.splice(0)).toEqual(['(none)'])
}

test('gives up if there is no first path after 15 s', () => {
  recovery.handleState('connecting')
  clock.advance(14_999)
  expect(calls).toEqual([])
  clock.advance(1)
  expect(calls).toEqual(['give up'])
})

test('restarts ICE once if the first attempt fails, but still gives up after 15 s', () => {
  clock.advance(4000)
  recovery.handleState('failed')
  recovery.handleState('failed')
  expect(calls).toEqual(['restart'])
  clock.advance(11_000)
  expect(calls).toEqual(['restart', 'give up'])
})

test('does nothing if the state is `connected` again within 2.5 s after `disconnected`', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(2499)
  recovery.handleState('connected')
  clock.advance(60_000)
  expect(calls).toEqual([])
})

test('restarts ICE 2.5 s after `disconnected` even if signals could not reach the partner meanwhile', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(1000)
  recovery.setReachable(false)
  recovery.setReachable(true)
  clock.advance(1500)
  expect(calls).toEqual(['(restarting)', 'restart'])
})

test('restarts ICE, then creates a new connection, then gives up if the state stays `disconnected`', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(2500)
  expect(calls).toEqual(['(restarting)', 'restart'])
  clock.advance(7000)
  expect(calls.splice(2)).toEqual(['(rebuilding)', 'rebuild'])
  clock.advance(10_000)
  expect(calls.splice(2)).toEqual(['give up'])
})

test('takes the next step at once if the state is `failed`', () => {
  connect()
  recovery.handleState('failed')
  recovery.handleState('failed')
  expect(calls).toEqual(['(restarting)', 'restart', '(rebuilding)', 'rebuild'])
  recovery.handleState('failed')
  expect(calls.at(-1)).toBe('give up')
})

test('returns to `none` when an ICE restart or a new connection finds a path', () => {
  connect()
  recovery.handleState('failed')
  recovery.handleState('connected')
  expect(calls.splice(0)).toEqual(['(restarting)', 'restart', '(none)'])
  recovery.handleState('failed')
  clock.advance(7000)
  recovery.handleState('connected')
  expect(calls.at(-1)).toBe('(none)')
})

test('does not give up while signals cannot reach the partner, and starts the step again when they can', () => {
  connect()
  recovery.setReachable(false)
  recovery.handleState('failed')
  recovery.handleState('failed')
  clock.advance(600_000)
  recovery.handleState('failed')
  expect(calls.splice(0)).toEqual(['(restarting)', 'restart', '(rebuilding)', 'rebuild'])
  recovery.setReachable(true)
  expect(calls).toEqual(['restart'])
  clock.advance(9999)
  expect(calls).toEqual(['restart'])
  clock.advance(1)
  expect(calls).toEqual(['restart', 'give up'])
})

test('does nothing if signals cannot reach the partner and the media path works', () => {
  connect()
  recovery.setReachable(false)
  clock.advance(600_000)
  recovery.setReachable(true)
  expect(calls).toEqual([])
})

test('restarts ICE at once on a network change, and changes the step only if the path is silent', () => {
  connect()
  recovery.handleNetworkChange()
  expect(calls.splice(0)).toEqual(['restart'])
  recovery.handleSilence(true)
  expect(calls.splice(0)).toEqual(['(restarting)'])
  recovery.handleNetworkChange()
  expect(calls).toEqual(['restart'])
})

test('restarts ICE once when the path is silent', () => {
  connect()
  recovery.handleSilence(false)
  recovery.handleSilence(false)
  expect(calls).toEqual(['(restarting)', 'restart'])
})
