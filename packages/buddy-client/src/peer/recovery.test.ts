import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { Recovery } from './recovery.ts'

let clock: ManualClock
let done: string[]
let recovery: Recovery

beforeEach(() => {
  clock = new ManualClock()
  done = []
  recovery = new Recovery({
    clock,
    restart: () => done.push('restart'),
    rebuild: () => done.push('rebuild'),
    giveUp: () => done.push('give up'),
    onStep: (step) => done.push(`(${step})`),
  })
})
afterEach(() => {
  recovery.close()
  expect(clock.pending).toBe(0)
})

const connect = (): void => {
  recovery.handleState('connected')
  expect(done.splice(0)).toEqual(['(none)'])
}

test('a first path that never comes is given up after 15 s', () => {
  recovery.handleState('connecting')
  clock.advance(14_999)
  expect(done).toEqual([])
  clock.advance(1)
  expect(done).toEqual(['give up'])
})

test('a first attempt that fails at once is made once more, within the same time', () => {
  clock.advance(4000)
  recovery.handleState('failed')
  recovery.handleState('failed')
  expect(done).toEqual(['restart'])
  clock.advance(11_000)
  expect(done).toEqual(['restart', 'give up'])
})

test('a path that comes back within 2.5 s is left alone', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(2499)
  recovery.handleState('connected')
  clock.advance(60_000)
  expect(done).toEqual([])
})

test('a doubt outlasts a time in which no signal gets through', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(1000)
  recovery.setReachable(false)
  recovery.setReachable(true)
  clock.advance(1500)
  expect(done).toEqual(['(restarting)', 'restart'])
})

test('one that does not: restart, then a new connection, then the end', () => {
  connect()
  recovery.handleState('disconnected')
  clock.advance(2500)
  expect(done).toEqual(['(restarting)', 'restart'])
  clock.advance(7000)
  expect(done.splice(2)).toEqual(['(rebuilding)', 'rebuild'])
  clock.advance(10_000)
  expect(done.splice(2)).toEqual(['give up'])
})

test('a failed path is not waited for; a failed step is not waited out', () => {
  connect()
  recovery.handleState('failed')
  recovery.handleState('failed')
  expect(done).toEqual(['(restarting)', 'restart', '(rebuilding)', 'rebuild'])
  recovery.handleState('failed')
  expect(done.at(-1)).toBe('give up')
})

test('each step ends in a path', () => {
  connect()
  recovery.handleState('failed')
  recovery.handleState('connected')
  expect(done.splice(0)).toEqual(['(restarting)', 'restart', '(none)'])
  recovery.handleState('failed')
  clock.advance(7000)
  recovery.handleState('connected')
  expect(done.at(-1)).toBe('(none)')
})

test('while signals cannot reach the partner nothing is given up; then the step begins anew', () => {
  connect()
  recovery.setReachable(false)
  recovery.handleState('failed')
  recovery.handleState('failed')
  clock.advance(600_000)
  recovery.handleState('failed')
  expect(done.splice(0)).toEqual(['(restarting)', 'restart', '(rebuilding)', 'rebuild'])
  recovery.setReachable(true)
  expect(done).toEqual(['restart'])
  clock.advance(9999)
  expect(done).toEqual(['restart'])
  clock.advance(1)
  expect(done).toEqual(['restart', 'give up'])
})

test('a signalling loss alone touches nothing', () => {
  connect()
  recovery.setReachable(false)
  clock.advance(600_000)
  recovery.setReachable(true)
  expect(done).toEqual([])
})

test('another network: a new path is looked for at once, and that is no interruption yet', () => {
  connect()
  recovery.handleNetworkChange()
  expect(done.splice(0)).toEqual(['restart'])
  recovery.handleSilence(true)
  expect(done.splice(0)).toEqual(['(restarting)'])
  recovery.handleNetworkChange()
  expect(done).toEqual(['restart'])
})

test('a path that has fallen silent is not waited for, once', () => {
  connect()
  recovery.handleSilence(false)
  recovery.handleSilence(false)
  expect(done).toEqual(['(restarting)', 'restart'])
})
