import { expect, test } from 'vitest'
import type { ClientEvent, ClientState } from './state.ts'
import { transition } from './state.ts'

const path = (start: ClientState, ...events: ClientEvent[]): ClientState[] => {
  const states: ClientState[] = []
  let state = start
  for (const event of events) states.push((state = transition(state, event) ?? state))
  return states
}

test('the walk from click to face, Next, and Stop', () => {
  expect(
    path('idle', 'start', 'queued', 'matched', 'call-connected', 'call-ended', 'matched', 'stop'),
  ).toEqual(['connecting', 'waiting', 'negotiating', 'connected', 'waiting', 'negotiating', 'idle'])
})

test('a match may come without a wait', () => {
  expect(transition('connecting', 'matched')).toBe('negotiating')
})

test('a lost server is survived from every running state', () => {
  for (const state of ['connecting', 'waiting', 'negotiating', 'connected'] as const) {
    expect(transition(state, 'server-lost')).toBe('reconnecting')
  }
  expect(path('reconnecting', 'queued', 'matched')).toEqual(['waiting', 'negotiating'])
})

test('stop leads to idle from everywhere but idle', () => {
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

test('what arrives too late is ignored', () => {
  expect(transition('waiting', 'call-connected')).toBeUndefined()
  expect(transition('waiting', 'call-ended')).toBeUndefined()
  for (const event of ['queued', 'matched', 'call-connected', 'server-lost', 'refused'] as const) {
    expect(transition('idle', event)).toBeUndefined()
    expect(transition('closed', event)).toBeUndefined()
  }
})

test('a refusal closes, and closed can be started anew', () => {
  expect(path('waiting', 'refused', 'start')).toEqual(['closed', 'connecting'])
})
