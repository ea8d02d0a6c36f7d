// What the view shows, and which events the page receives, for each event of the client.
import type { BuddyErrorCode, ClientEvents, ClientState, Unsubscribe } from '@buddy-chat/client'
import { BuddyError } from '@buddy-chat/client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChatClient } from '../client/client-part.ts'
import type { ChatView } from '../view/chat-view.ts'
import { ViewState } from '../view/view-state.ts'
import { ClientListener } from './client-listener.ts'

type Listeners = { [Name in keyof ClientEvents]?: (detail: ClientEvents[Name]) => void }

let listeners: Listeners
let client: { state: ClientState; on: unknown }
let viewState: ViewState
let announced: string[]
let stops: number
let isWriting: boolean
let unsubscribes: Unsubscribe[]
const view = (): ChatView => viewState.view

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', globalThis)
  listeners = {}
  announced = []
  stops = 0
  isWriting = false
  client = {
    state: 'idle',
    on: <Name extends keyof Listeners>(name: Name, listener: Listeners[Name]) => {
      listeners[name] = listener
      return () => delete listeners[name]
    },
  }
  viewState = new ViewState(() => undefined)
  unsubscribes = new ClientListener({
    client: client as unknown as ChatClient,
    viewState,
    isWriting: () => isWriting,
    onStopped: () => stops++,
    announce: (name) => announced.push(name),
  }).listen()
})
afterEach(() => {
  for (const unsubscribe of unsubscribes) unsubscribe()
  viewState.release()
  expect([listeners, vi.getTimerCount()]).toEqual([{}, 0])
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function emit<Name extends keyof ClientEvents>(name: Name, detail: ClientEvents[Name]): void {
  listeners[name]?.(detail)
}
function enter(state: ClientState): void {
  const { state: previous } = client
  client.state = state
  emit('state', { state, previous })
}
const meet = (name: string): void =>
  emit('match', {
    partner: { name, room: 'r' },
    interests: [],
    languages: [],
    isRematch: false,
  })
const errorWith = (code: BuddyErrorCode): BuddyError => new BuddyError(code, 'message')

describe('the end of a call', () => {
  beforeEach(() => {
    enter('connected')
    meet('Bob')
  })

  test('shows why the partner has left, for 6 s', () => {
    emit('leave', { reason: 'partner-left', isSearching: true })
    expect(view()).toMatchObject({ partner: undefined, notice: 'Bob left.', isLost: false })
    vi.advanceTimersByTime(5999)
    expect(view().notice).toBe('Bob left.')
    vi.advanceTimersByTime(1)
    expect(view().notice).toBeUndefined()
    expect(announced.at(-1)).toBe('buddy-leave')
  })

  test('shows no notice after next() and stop()', () => {
    emit('leave', { reason: 'next', isSearching: true })
    emit('leave', { reason: 'stop', isSearching: false })
    expect(view().notice).toBeUndefined()
  })

  test('shows a lost call, without a notice, until the search goes on', () => {
    enter('reconnecting')
    emit('leave', { reason: 'call-failed', isSearching: false })
    expect(view()).toMatchObject({ isLost: true, notice: undefined })
    enter('connecting')
    expect(view().isLost).toBe(false)
  })

  test('offers the connection check after a failed call, until a call connects or the chat stops', () => {
    for (const end of ['connected', 'idle'] as const) {
      enter('waiting')
      emit('leave', { reason: 'call-failed', isSearching: true })
      expect(view().notice).toBe('No connection to Bob was possible.')
      enter('negotiating')
      meet('Bob')
      expect(view().hasCallFailed).toBe(true)
      enter(end)
      expect(view().hasCallFailed).toBe(false)
    }
  })

  test('closes the messages, unless the visitor is writing', () => {
    viewState.show({ isTextOpen: true })
    isWriting = true
    emit('leave', { reason: 'partner-left', isSearching: true })
    expect(view().isTextOpen).toBe(true)
    isWriting = false
    emit('leave', { reason: 'partner-left', isSearching: true })
    expect(view().isTextOpen).toBe(false)
  })
})

test('a match hides the notice, and does not shorten the next one', () => {
  viewState.showNotice('Ana left.')
  vi.advanceTimersByTime(5000)
  meet('Bob')
  expect(view().notice).toBeUndefined()
  viewState.showNotice('You both agreed.')
  vi.advanceTimersByTime(5999)
  expect(view().notice).toBe('You both agreed.')
})

test('counts unread messages of the partner while the messages are closed', () => {
  emit('message', { from: 'partner', text: 'one' })
  emit('message', { from: 'self', text: 'two' })
  emit('message', { from: 'partner', text: 'three' })
  expect(view().unread).toBe(2)
  viewState.show({ isTextOpen: true, unread: 0 })
  emit('message', { from: 'partner', text: 'four' })
  expect([view().unread, view().messages.length]).toEqual([0, 4])
  meet('Bob')
  expect(view().messages).toEqual([])
})

test.each([
  ['state', () => enter('connecting')],
  ['welcome', () => emit('welcome', { isResumed: true, allowsText: true })],
] as const)('counts the seconds until the next attempt, and stops with `%s`', (_, end) => {
  const error = errorWith('server-unreachable')
  emit('retry', { attempt: 1, delayMs: 2500, error, mayResume: false })
  expect(view().retry).toEqual({ error, seconds: 3 })
  vi.advanceTimersByTime(2000)
  expect(view().retry?.seconds).toBe(1)
  end()
  expect([view().retry, vi.getTimerCount()]).toEqual([undefined, 0])
})

describe('a lost connection to the server', () => {
  const restarts = errorWith('going-away')
  const isGone = errorWith('server-unreachable')
  const retry = (error: BuddyError, delayMs: number): void =>
    emit('retry', { attempt: 1, delayMs, error, mayResume: true })
  const welcome = (): void => emit('welcome', { isResumed: true, allowsText: true })

  test.each([
    ['during a call', 'connected', isGone],
    ['while waiting, if the server has announced that it stops', 'reconnecting', restarts],
  ] as const)('is shown only if it lasts for 3 s: %s', (_, state, error) => {
    enter(state)
    retry(error, 900)
    vi.advanceTimersByTime(2999)
    welcome()
    vi.advanceTimersByTime(3000)
    expect(view().retry).toBeUndefined()

    retry(error, 900)
    vi.advanceTimersByTime(900)
    retry(isGone, 2500)
    vi.advanceTimersByTime(2099)
    expect(view().retry).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(view().retry).toEqual({ error: isGone, seconds: 1 })
    // Later attempts of the same loss are shown at once.
    retry(isGone, 1800)
    expect(view().retry).toEqual({ error: isGone, seconds: 2 })
    welcome()
    expect(view().retry).toBeUndefined()
  })

  test('is shown at once if the next attempt to connect is more than 3 s away', () => {
    enter('connected')
    retry(restarts, 3001)
    expect(view().retry).toEqual({ error: restarts, seconds: 4 })
  })

  test('is shown at once without a call', () => {
    enter('reconnecting')
    retry(isGone, 400)
    expect(view().retry).toEqual({ error: isGone, seconds: 1 })
  })

  test('of the partner is shown only if it lasts for 3 s, and not in the next call', () => {
    enter('connected')
    meet('Bob')
    for (const end of [
      () => emit('partner-away', { isAway: false }),
      () => emit('leave', { reason: 'next', isSearching: true }),
      () => meet('Bob'),
    ]) {
      emit('partner-away', { isAway: true })
      vi.advanceTimersByTime(2999)
      end()
      vi.advanceTimersByTime(3000)
      expect(view().isPartnerAway).toBe(false)

      emit('partner-away', { isAway: true })
      vi.advanceTimersByTime(3000)
      expect(view().isPartnerAway).toBe(true)
      end()
      expect(view().isPartnerAway).toBe(false)
    }
  })
})

describe('the wait', () => {
  const search = {
    online: 2,
    estimateMs: undefined,
    interests: ['chess'],
    languages: ['en'],
    obstacle: 'none',
  } as const

  test('counts the seconds until the search widens, and ends with the state', () => {
    enter('waiting')
    emit('searching', { ...search, widensInMs: 2500 })
    expect(view().search).toEqual({ ...search, widensInSeconds: 3 })
    vi.advanceTimersByTime(2000)
    expect(view().search?.widensInSeconds).toBe(1)
    // The next `searching` of the server continues the count.
    emit('searching', { ...search, interests: [], widensInMs: 4000 })
    expect(view().search).toEqual({ ...search, interests: [], widensInSeconds: 4 })
    enter('negotiating')
    expect([view().search, vi.getTimerCount()]).toEqual([undefined, 0])
  })

  test('counts nothing if the search does not widen', () => {
    enter('waiting')
    emit('searching', { ...search, widensInMs: 5000 })
    emit('searching', { ...search, widensInMs: undefined })
    expect([view().search?.widensInSeconds, vi.getTimerCount()]).toEqual([undefined, 0])
  })

  test('stays at 0 until the server sends the next `searching`', () => {
    enter('waiting')
    emit('searching', { ...search, widensInMs: 0 })
    expect([view().search?.widensInSeconds, vi.getTimerCount()]).toEqual([0, 0])
  })
})

test('a match shows what both have in common, without invisible interests', () => {
  emit('match', {
    partner: { name: 'Bob', room: 'r' },
    interests: ['chess', '\u200b'],
    languages: ['pl'],
    isRematch: true,
  })
  expect(view().meeting).toEqual({ interests: ['chess'], languages: ['pl'], isRematch: true })
})

test('stops counting at 0', () => {
  const error = errorWith('server-unreachable')
  emit('retry', { attempt: 1, delayMs: 1500, error, mayResume: false })
  vi.advanceTimersByTime(2000)
  expect([view().retry?.seconds, vi.getTimerCount()]).toEqual([0, 0])
})

test('shows an error as a notice, and in the state `closed` as a problem', () => {
  const error = errorWith('rate-limited')
  emit('error', error)
  expect(view()).toMatchObject({ notice: 'Slow down a little', problem: undefined })
  client.state = 'closed'
  const refusal = errorWith('banned')
  emit('error', refusal)
  expect(view().problem).toBe(refusal)
  expect(announced).toEqual(['buddy-error', 'buddy-error'])
})

test('ends the settings of a run in `idle` and `closed` only', () => {
  for (const state of ['connecting', 'waiting', 'reconnecting', 'closed', 'idle'] as const) {
    enter(state)
  }
  expect(stops).toBe(2)
})
