import { expect, test } from 'vitest'
import type { ClientEvent, ClientState } from './state.ts'
import { transition } from './state.ts'

const path = (start: ClientState, ...events: ClientEvent[]): ClientState[] => {
  const states: ClientState[] = []
  let state = start
  for (const event of events) states.push((state = transition(state, event) ?? state))
  return states
}

test('goes from `idle` to `connected`, to the next partner, and back to `idle`', () => {
  expect(
    path('idle', 'start', 'queued', 'matched', 'call-connected', 'call-ended', 'matched', 'stop'),
  ).toEqual(['connecting', 'waiting', 'negotiating', 'connected', 'waiting', 'negotiating', 'idle'])
})

test('goes from `connecting` to `negotiating` if a partner is found at once', () => {
  expect(transition('connecting', 'matched')).toBe('negotiating')
})

test('goes to `reconnecting` from every running state when the server is lost', () => {
  for (const state of ['connecting', 'waiting', 'negotiating', 'connected'] as const) {
    expect(transition(state, 'server-lost')).toBe('reconnecting')
  }
  expect(path('reconnecting', 'queued', 'matched')).toEqual(['waiting', 'negotiating'])
})

test('goes to `idle` on `stop` from every other state', () => {
  for (const state of [
    'connecting',
    'waiting',
    'negotiating',
    'connected',
    'reconnecting',
    'closed',
  ] as const) {
    expect(transition(state, 'stop')).toBe('idle')
  }
})

test('returns undefined for events that have no meaning in the present state', () => {
  expect(transition('waiting', 'call-connected')).toBeUndefined()
  expect(transition('waiting', 'call-ended')).toBeUndefined()
  for (const event of ['queued', 'matched', 'call-connected', 'server-lost', 'refused'] as const) {
    expect(transition('idle', event)).toBeUndefined()
    expect(transition('closed', event)).toBeUndefined()
  }
})

test('goes to `closed` on `refused`, and from there to `connecting` on `start`', () => {
  expect(path('waiting', 'refused', 'start')).toEqual(['closed', 'connecting'])
})
