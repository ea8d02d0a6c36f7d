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

test('gives up after 15 s without a first path', () => {
  recovery.handleState('connecting')
  clock.advance(14_999)
  expect(calls).toEqual([])
  clock.advance(1)
  expect(calls).toEqual(['give up'])
})

test('restarts ICE once if the first attempt fails, without extending the 15 s', () => {
  clock.advance(4000)
  recovery.handleState('failed')
  recovery.handleState('failed')
  expect(calls).toEqual(['restart'])
  clock.advance(11_000)
  expect(calls).toEqual(['restart', 'give up'])
})

test('does nothing if a disconnected path recovers within 2.5 s', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(2499)
  recovery.handleState('connected')
  clock.advance(60_000)
  expect(calls).toEqual([])
})

test('restarts ICE 2.5 s after `disconnected` even if signaling was lost meanwhile', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(1000)
  recovery.setReachable(false)
  recovery.setReachable(true)
  clock.advance(1500)
  expect(calls).toEqual(['(restarting)', 'restart'])
})

test('restarts ICE, then rebuilds the connection, then gives up if a disconnected path stays lost', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(2500)
  expect(calls).toEqual(['(restarting)', 'restart'])
  clock.advance(7000)
  expect(calls.splice(2)).toEqual(['(rebuilding)', 'rebuild'])
  clock.advance(10_000)
  expect(calls.splice(2)).toEqual(['give up'])
})

test('takes the next step at once on state `failed`', () => {
  connect()
  recovery.handleState('failed')
  recovery.handleState('failed')
  expect(calls).toEqual(['(restarting)', 'restart', '(rebuilding)', 'rebuild'])
  recovery.handleState('failed')
  expect(calls.at(-1)).toBe('give up')
})

test('returns to `none` when a restart or a rebuild finds a path', () => {
  connect()
  recovery.handleState('failed')
  recovery.handleState('connected')
  expect(calls.splice(0)).toEqual(['(restarting)', 'restart', '(none)'])
  recovery.handleState('failed')
  clock.advance(7000)
  recovery.handleState('connected')
  expect(calls.at(-1)).toBe('(none)')
})

test('does not give up while signals cannot reach the partner, and then starts the step again', () => {
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

test('does nothing if signaling is lost and the path works', () => {
  connect()
  recovery.setReachable(false)
  clock.advance(600_000)
  recovery.setReachable(true)
  expect(calls).toEqual([])
})

test('restarts ICE at once on a network change, and changes the step only when the path is silent', () => {
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
