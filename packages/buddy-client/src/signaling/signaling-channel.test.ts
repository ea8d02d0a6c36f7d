import { closeCodes, encode } from '@buddy-chat/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { TokenSource } from '../options.ts'
import { FakeSocket } from './fake-socket.fixture.ts'
import type { ServerAnswer } from './server-probe.ts'
import type { Retry } from './signaling-channel.ts'
import { VisitorToken } from './visitor-token.ts'
import { SignalingChannel } from './signaling-channel.ts'

const hello = { type: 'hello', name: 'Ana', site: '', client: 'test' } as const
/** This page may store nothing. */
const visitor = new VisitorToken('ws://test/ws', '', () => undefined)
const first = { ...hello, token: null, resume: null }
const welcome = {
  type: 'welcome',
  session: 's',
  name: 'Ana',
  heartbeatMs: 20_000,
  iceServers: [],
  resumeToken: null,
  received: null,
  allowsText: true,
  allowsVideo: true,
  isRestored: false,
} as const

const matched = {
  type: 'matched',
  room: 'r',
  isPolite: true,
  partnerName: 'Bob',
  interests: [],
  isOffered: false,
  roomToken: 'room-1',
} as const

const environment = {
  random: () => 0.5,
  probeServer: () => Promise.resolve(answer),
  watchPolicy: (onForbidden: (address: string) => void) => {
    policyListeners.add(onForbidden)
    return () => void policyListeners.delete(onForbidden)
  },
}

let clock: ManualClock
/** The result of `probeServer`. */
let answer: ServerAnswer
/** The listeners of `watchPolicy`. Tests call them with an address that the page's policy blocks. */
const policyListeners = new Set<(address: string) => void>()
let retries: Retry[]
let refused: string[]
let events: string[]
let channel: SignalingChannel
let sockets: FakeSocket[]
const latest = (): FakeSocket => sockets.at(-1)!
function createSocket(): WebSocket {
  const socket = new FakeSocket()
  sockets.push(socket)
  return socket as unknown as WebSocket
}

beforeEach(() => {
  clock = new ManualClock()
  sockets = []
  answer = 'unknown'
  retries = []
  refused = []
  events = []
  channel = new SignalingChannel(
    {
      createSocket,
      clock,
      ...environment,
    },
    {
      onWelcome: (_, isResumed) => events.push(isResumed ? 'resumed' : 'welcome'),
      onMessage: ({ type }) => events.push(type),
      onRetry: (retry) => retries.push(retry),
      onRefused: ({ code }) => refused.push(code),
    },
  )
  channel.open({ url: 'ws://test/ws', hello, token: '', proof: '', visitor })
})
afterEach(() => {
  channel.close()
  const left = [clock.pending, policyListeners.size]
  policyListeners.clear()
  expect(left).toEqual([0, 0])
})

const join = (): void => {
  latest().open()
  latest().receive(welcome)
}

test('sends `hello` first, and nothing else before `welcome`', () => {
  latest().open()
  expect(channel.send({ type: 'next', offer: null })).toBe(false)
  latest().receive(welcome)
  expect(channel.send({ type: 'next', offer: null })).toBe(true)
  expect(latest().sent).toEqual([first, { type: 'next', offer: null }])
})

test('reconnects after waits that grow with each failure, and are short again after a `welcome`', () => {
  for (const expected of [250, 500, 1000]) {
    latest().end(1006)
    expect(retries.at(-1)).toMatchObject({ delayMs: expected })
    clock.advance(expected)
  }
  join()
  latest().end(1006)
  expect(retries.at(-1)).toMatchObject({ attempt: 1, delayMs: 250 })
  expect(retries.at(-1)?.error.code).toBe('server-unreachable')
})

test('reports `server-full` and reconnects after the time that the server gave', () => {
  latest().open()
  latest().receive({ type: 'error', code: 'server-full', message: 'full', retryAfterMs: 8000 })
  latest().end(closeCodes['server-full'])
  expect(retries[0]).toMatchObject({ delayMs: 9000, error: { code: 'server-full' } })
  clock.advance(8999)
  expect(sockets).toHaveLength(1)
  clock.advance(1)
  expect(sockets).toHaveLength(2)
})

test('reports `going-away` and reconnects after the time that the server gave', () => {
  join()
  latest().receive({ type: 'going-away', reconnectAfterMs: 3000 })
  latest().end(closeCodes['going-away'])
  expect(retries[0]).toMatchObject({ delayMs: 3375, error: { code: 'going-away' } })
})

test('reports `proof-required` by its name, although the close code is that of `refused`', () => {
  latest().open()
  latest().receive({ type: 'error', code: 'proof-required', message: '', retryAfterMs: null })
  latest().end(closeCodes.refused)
  expect(refused).toEqual(['proof-required'])
})

test('does not reconnect after a final refusal', () => {
  latest().open()
  latest().receive({ type: 'error', code: 'origin-not-allowed', message: '', retryAfterMs: null })
  latest().end(closeCodes['origin-not-allowed'])
  clock.advance(600_000)
  expect(refused).toEqual(['origin-not-allowed'])
  expect(sockets).toHaveLength(1)
})

test('reconnects after two heartbeat intervals without a frame', () => {
  join()
  clock.advance(39_999)
  latest().receive({ type: 'stats', online: 1, waiting: 0, rooms: 0 })
  clock.advance(39_999)
  expect(retries).toEqual([])
  clock.advance(1)
  expect(retries[0]?.error.code).toBe('server-unreachable')
  expect(latest().closedWith).toBe(4999)
})

test('reconnects if no `welcome` arrives within 10 s', () => {
  latest().open()
  clock.advance(10_000)
  expect(retries).toHaveLength(1)
})

test('drops malformed and unknown frames, and handles the frame after them', () => {
  join()
  latest().receiveBytes(Uint8Array.of(0x92, 0x11, 0xd4, 0x72, 0x40))
  latest().receiveBytes(Uint8Array.of(0x92, 0x7f, 0x01))
  latest().receiveBytes(encode(first))
  latest().receive({ type: 'text', text: 'still here' })
  expect(events).toEqual(['welcome', 'text'])
})

test('removes deceptive characters from the name of a partner', () => {
  const names: string[] = []
  const own = new SignalingChannel(
    {
      createSocket,
      clock: new ManualClock(),
      ...environment,
    },
    {
      onWelcome: () => undefined,
      onMessage: (message) => message.type === 'matched' && names.push(message.partnerName),
      onRetry: () => undefined,
      onRefused: () => undefined,
    },
  )
  own.open({ url: 'ws://test/ws', hello, token: '', proof: '', visitor })
  join()
  const partnerName = 'A\u202Ena\u0000 '
  latest().receive({ ...matched, partnerName })
  own.close()
  expect(names).toEqual(['A na'])
})

test('`checkConnection` sends a ping, and reconnects if no frame arrives within 2 s', () => {
  join()
  channel.checkConnection()
  expect(latest().sent.at(-1)).toEqual({ type: 'ping' })
  clock.advance(1999)
  expect(retries).toEqual([])
  clock.advance(1)
  expect(retries[0]?.error.code).toBe('server-unreachable')
})

test('`endSession` ends the session, and `checkConnection` then starts a new one at once', () => {
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'token' })
  channel.endSession()
  expect(latest().closedWith).toBe(1000)
  expect(retries).toMatchObject([{ mayResume: false }])
  channel.checkConnection()
  expect(sockets).toHaveLength(2)
  latest().open()
  expect(latest().sent).toEqual([first])
})

test('`suspend` keeps the session, and `checkConnection` then resumes it at once', () => {
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'token' })
  channel.suspend()
  expect(latest().closedWith).toBe(4999)
  expect(retries).toMatchObject([{ mayResume: true }])
  channel.checkConnection()
  expect(sockets).toHaveLength(2)
  latest().open()
  expect(latest().sent).toMatchObject([{ resume: { token: 'token' } }])
})

test('`endSession` first sends the texts that wait for the rate limit', () => {
  joinForResume()
  sendTexts(1, 10)
  channel.endSession()
  expect(written()).toEqual(texts(1, 10))
})

test('`endSession` and `suspend` do not schedule another retry if there is no connection', () => {
  latest().end(1006)
  channel.endSession()
  channel.suspend()
  expect(retries).toHaveLength(1)
})

test('`checkConnection` waits two heartbeat intervals for a frame if that is less than 2 s', () => {
  latest().open()
  latest().receive({ ...welcome, heartbeatMs: 500 })
  channel.checkConnection()
  clock.advance(999)
  expect(retries).toEqual([])
  clock.advance(1)
  expect(retries).toHaveLength(1)
})

test('`open` counts retries from the first again, and the channel calls `probeServer` again', async () => {
  join()
  latest().end(1006)
  channel.retryNow()
  latest().end(1006)
  answer = 'other'
  channel.open({ url: 'ws://test/ws', hello, token: '', proof: '', visitor })
  latest().end(1006)
  expect(retries.at(-1)?.attempt).toBe(1)
  await settle()
  expect(refused).toEqual(['not-a-buddy-server'])
})

test('ignores an `error` event of an open WebSocket', () => {
  join()
  latest().dispatchEvent(new Event('error'))
  expect(retries).toEqual([])
})

test('`retryNow` makes the scheduled attempt at once, and `close` cancels it', () => {
  latest().end(1006)
  channel.retryNow()
  expect(sockets).toHaveLength(2)
  channel.retryNow()
  expect(sockets).toHaveLength(2)
  latest().end(1006)
  channel.close()
  clock.advance(600_000)
  expect(sockets).toHaveLength(2)
})

/**
 * Ends the connection, reconnects and receives `welcome`. Resumes the session unless `received` is null.
 */
function reconnect(received: number | null, code = 1006): void {
  latest().end(code)
  channel.retryNow()
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'resume-2', received })
}

const joinForResume = (): void => {
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'resume-1' })
}

test('when it resumes, sends the number of received frames, and sends once again what the server lacks', () => {
  joinForResume()
  latest().receive({ type: 'waiting', online: 2 })
  latest().receiveBytes(Uint8Array.of(0x92, 0x11, 0xc1))
  channel.send({ type: 'text', text: 'arrived' })
  channel.send({ type: 'text', text: 'lost on the way' })
  latest().end(1006)
  expect(retries.at(-1)?.mayResume).toBe(true)
  expect(channel.send({ type: 'text', text: 'typed meanwhile' })).toBe(true)
  expect(channel.send({ type: 'typing', isTyping: true })).toBe(false)
  channel.retryNow()
  latest().open()
  // `received` is 2, because the malformed frame counts although it is dropped.
  expect(latest().sent).toEqual([
    { ...first, resume: { token: 'resume-1', received: 2, sent: 2, roomToken: null } },
  ])
  latest().receive({ ...welcome, resumeToken: 'resume-2', received: 1 })
  latest().receive({ type: 'text', text: 'missed' })
  channel.send({ type: 'next', offer: null })
  expect(latest().sent.slice(1)).toEqual([
    { type: 'text', text: 'lost on the way' },
    { type: 'text', text: 'typed meanwhile' },
    { type: 'next', offer: null },
  ])
  expect(events).toEqual(['welcome', 'waiting', 'resumed', 'text'])
  reconnect(4)
  expect(latest().sent).toEqual([
    { ...first, resume: { token: 'resume-2', received: 3, sent: 4, roomToken: null } },
  ])
})

test('sends a restarted server the number of written frames, and then the other frames once', () => {
  joinForResume()
  channel.send({ type: 'text', text: 'perhaps arrived' })
  latest().end(1006)
  channel.send({ type: 'text', text: 'typed meanwhile' })
  channel.retryNow()
  // The connection ends before `welcome`, so the second text was not written to any connection yet.
  latest().open()
  latest().end(1006)
  channel.retryNow()
  latest().open()
  const proof = { token: 'resume-1', received: 0, sent: 1, roomToken: null }
  expect(latest().sent).toEqual([{ ...first, resume: proof }])
  latest().receive({ ...welcome, resumeToken: 'resume-2', received: 1, isRestored: true })
  expect(latest().sent.slice(1)).toEqual([{ type: 'text', text: 'typed meanwhile' }])
  expect(events).toEqual(['welcome', 'resumed'])
  reconnect(2)
  const later = { token: 'resume-2', received: 0, sent: 2, roomToken: null }
  expect(latest().sent).toEqual([{ ...first, resume: later }])
})

test.each([
  ['sends the room token until `next` is answered', [], { type: 'next', offer: null }, 'room-1'],
  [
    'sends no room token after `partner-left`',
    [{ type: 'partner-left', reason: 'left' }],
    undefined,
    null,
  ],
  ['sends no room token in the queue', [{ type: 'waiting', online: 1 }], undefined, null],
  ['sends no room token after `leave`', [], { type: 'leave' }, null],
  [
    'sends the token of the latest room',
    [{ ...matched, roomToken: 'room-2' }],
    undefined,
    'room-2',
  ],
] as const)('%s when it resumes', (_, messages, sent, roomToken) => {
  joinForResume()
  for (const message of [matched, ...messages]) latest().receive(message)
  if (sent) channel.send(sent)
  latest().end(1006)
  channel.retryNow()
  latest().open()
  expect(latest().sent[0]).toMatchObject({ resume: { roomToken } })
})

test('sends no room token of the previous session when it resumes a new one', () => {
  joinForResume()
  latest().receive(matched)
  reconnect(null)
  latest().end(1006)
  channel.retryNow()
  latest().open()
  expect(latest().sent[0]).toMatchObject({ resume: { token: 'resume-2', roomToken: null } })
})

/**
 * Returns what was sent on the latest connection after `hello`. A text is listed as such, others by type.
 */
const written = (): (string | undefined)[] =>
  latest()
    .sent.slice(1)
    .map((message) => (message?.type === 'text' ? message.text : message?.type))

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `text ${from + index}`)

const sendTexts = (from: number, to: number): void => {
  for (const text of texts(from, to)) expect(channel.send({ type: 'text', text })).toBe(true)
}

const largeSignal = {
  type: 'signal',
  description: { type: 'offer', sdp: 'v'.repeat(5000) },
  candidates: [],
  sending: null,
  generation: null,
} as const

test('sends texts no faster than the rate limit of the server', () => {
  joinForResume()
  sendTexts(1, 10)
  expect(channel.send({ type: 'typing', isTyping: true })).toBe(false)
  expect(written()).toEqual(texts(1, 8))
  clock.advance(399)
  expect(written()).toEqual(texts(1, 8))
  clock.advance(1)
  expect(written()).toEqual(texts(1, 9))
  clock.advance(400)
  expect(written()).toEqual(texts(1, 10))
  clock.advance(8 * 400)
  sendTexts(11, 18)
  expect(written().slice(-8)).toEqual(texts(11, 18))
})

test('sends other messages in order, before the texts that wait', () => {
  joinForResume()
  sendTexts(1, 9)
  latest().end(1006)
  sendTexts(10, 11)
  channel.send({ type: 'trust' })
  sendTexts(12, 12)
  channel.send({ type: 'report', reason: 'spam', room: null })
  clock.advance(8 * 400)
  channel.retryNow()
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'resume-2', received: 0 })
  expect(written()).toEqual([...texts(1, 8), 'trust', 'report'])
  channel.checkConnection()
  expect(written().at(-1)).toBe('ping')
  clock.advance(400)
  expect(written().at(-1)).toEqual(texts(9, 9)[0])
})

test('sends all waiting texts before `next`', () => {
  joinForResume()
  sendTexts(1, 10)
  channel.send({ type: 'next', offer: null })
  expect(written()).toEqual([...texts(1, 10), 'next'])
})

test('accepts a text while disconnected, even if the messages already sent fill the ledger', () => {
  joinForResume()
  for (let time = 1; time <= 60; time++) channel.send(largeSignal)
  expect(written()).toHaveLength(60)
  latest().end(1006)
  expect(channel.send({ type: 'text', text: 'x'.repeat(3000) })).toBe(true)
})

test('sends each text once, and both those that the server lacks and new ones within the rate limit', () => {
  joinForResume()
  sendTexts(1, 6)
  latest().end(1006)
  sendTexts(7, 20)
  clock.advance(8 * 400)
  channel.retryNow()
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'resume-2', received: 2 })
  expect(written()).toEqual(texts(3, 10))
  clock.advance(400)
  expect(written()).toEqual(texts(3, 11))
  // The connection is lost while texts wait. The texts wait for the next connection.
  const before = latest()
  latest().end(1006)
  clock.advance(100)
  channel.retryNow()
  clock.advance(8 * 400)
  expect(before.sent).toHaveLength(10)
  latest().open()
  // `sent` does not count texts that wait to be sent again, because the server cannot have them.
  expect(latest().sent[0]).toMatchObject({ resume: { sent: 11 } })
  latest().receive({ ...welcome, resumeToken: 'resume-3', received: 9 })
  clock.advance(10 * 400)
  expect(written()).toEqual(texts(10, 20))
})

test('sends all waiting texts before `leave`', () => {
  joinForResume()
  sendTexts(1, 10)
  channel.send({ type: 'leave' })
  channel.close()
  expect(written()).toEqual([...texts(1, 10), 'leave'])
})

test('drops the kept messages if the server starts a new session', () => {
  joinForResume()
  latest().end(1006)
  channel.send({ type: 'text', text: 'for the previous partner' })
  channel.retryNow()
  latest().open()
  latest().receive({ ...welcome, resumeToken: 'other' })
  expect(latest().sent).toHaveLength(1)
  expect(events).toEqual(['welcome', 'welcome'])
  reconnect(0)
  expect(latest().sent).toEqual([
    { ...first, resume: { token: 'other', received: 0, sent: 0, roomToken: null } },
  ])
})

test('starts a new session if the server claims to have received more frames than were sent', () => {
  joinForResume()
  reconnect(7)
  expect(events).toEqual(['welcome'])
  channel.retryNow()
  latest().open()
  expect(latest().sent).toEqual([first])
})

test('keeps no messages while disconnected if the server gave no resume token', () => {
  join()
  latest().end(1006)
  expect(retries.at(-1)?.mayResume).toBe(false)
  expect(channel.send({ type: 'next', offer: null })).toBe(false)
})

test('refuses messages while disconnected if the kept ones would exceed the size limit', () => {
  joinForResume()
  latest().end(1006)
  const text = 't'.repeat(4000)
  let taken = 0
  while (channel.send({ type: 'text', text })) taken++
  expect(taken).toBe(65)
})

test('reports a refusal that an `error` message announces once, and does not reconnect', () => {
  joinForResume()
  latest().receive({ type: 'error', code: 'idle-timeout', message: '', retryAfterMs: null })
  latest().end(closeCodes['idle-timeout'])
  expect([refused, events]).toEqual([['idle-timeout'], ['welcome']])
  expect(channel.send({ type: 'next', offer: null })).toBe(false)
})

const openWith = (token: TokenSource): void => {
  channel.open({ url: 'ws://test/ws', hello, token, proof: '', visitor })
  latest().open()
}

test('sends the token in `hello`, and calls a token function for each connection', async () => {
  openWith('signed')
  expect(latest().sent).toEqual([{ ...first, token: 'signed' }])
  let calls = 0
  openWith(() => `signed-${++calls}`)
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, token: 'signed-1' }]))
  latest().end(1006)
  channel.retryNow()
  latest().open()
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, token: 'signed-2' }]))
})

test.each([
  ['rejects', () => Promise.reject(new Error('no session'))],
  ['does not return a string', () => ({}) as unknown as string],
  ['returns a token that is too long', () => 't'.repeat(3000)],
])('reports `token-invalid` if the token function %s', async (_, token) => {
  openWith(token)
  await vi.waitFor(() => expect(refused).toEqual(['token-invalid']))
  expect(latest().sent).toEqual([])
})

test('resumes a session without a site token if the token function fails', async () => {
  let calls = 0
  openWith(() => (++calls === 1 ? 'signed' : Promise.reject(new Error('the site is slow'))))
  await vi.waitFor(() => expect(latest().sent).toHaveLength(1))
  latest().receive({ ...welcome, resumeToken: 'resume-1' })
  latest().end(1006)
  channel.retryNow()
  latest().open()
  const resume = { token: 'resume-1', received: 0, sent: 0, roomToken: null }
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, resume }]))
  latest().receive({ ...welcome, resumeToken: 'resume-2', received: 0 })
  expect([events.at(-1), refused]).toEqual(['resumed', []])
})

test('sends the proof in the `hello` of a new session, and asks for none to resume one', async () => {
  let calls = 0
  const proof = (): string => `answer-${++calls}`
  channel.open({ url: 'ws://test/ws', hello, token: '', proof, visitor })
  latest().open()
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, proof: 'answer-1' }]))
  latest().receive({ ...welcome, resumeToken: 'resume-1' })
  latest().end(1006)
  channel.retryNow()
  latest().open()
  const resume = { token: 'resume-1', received: 0, sent: 0, roomToken: null }
  expect(latest().sent).toEqual([{ ...first, resume }])
  expect(calls).toBe(1)
})

test.each([
  ['fails', () => Promise.reject(new Error('the captcha was closed'))],
  ['returns a text that is too long', () => 'x'.repeat(3000)],
])('reports `proof-failed` if the proof function %s', async (_, proof) => {
  channel.open({ url: 'ws://test/ws', hello, token: '', proof, visitor })
  latest().open()
  await vi.waitFor(() => expect(refused).toEqual(['proof-failed']))
  expect(latest().sent).toEqual([])
})

test('reports `proof-failed` if the proof function has not answered for 8 s', async () => {
  channel.open({
    url: 'ws://test/ws',
    hello,
    token: 'signed',
    proof: () => new Promise<string>(() => undefined),
    visitor,
  })
  latest().open()
  await clock.advanceAsync(8000)
  expect(refused).toEqual(['proof-failed'])
})

test('sends the visitor token of the latest `welcome`', () => {
  const own = new VisitorToken('ws://test/ws', '', () => undefined)
  channel.open({ url: 'ws://test/ws', hello, token: '', proof: '', visitor: own })
  latest().open()
  expect(latest().sent).toEqual([first])
  latest().receive({ ...welcome, visitorToken: 'visitor-1' })
  latest().end(1006)
  channel.retryNow()
  latest().open()
  expect(latest().sent).toEqual([{ ...first, visitor: 'visitor-1' }])
})

test('reconnects once if a WebSocket fails with an `error` event, also if a `close` event follows', () => {
  latest().readyState = 3
  latest().dispatchEvent(new Event('error'))
  expect(retries.at(-1)).toMatchObject({ attempt: 1, delayMs: 250 })
  latest().end(1006)
  expect(retries).toHaveLength(1)
})

test.each([
  ['server-full', 10_000],
  ['too-many-connections', 10_000],
  ['rate-limited', 30_000],
  ['going-away', 2500],
] as const)(
  'after the close code %s without an `error` message, waits at least %i ms',
  (code, waitMs) => {
    latest().open()
    latest().end(closeCodes[code])
    expect(retries).toMatchObject([{ error: { code, retryAfterMs: waitMs } }])
    expect(retries[0]!.delayMs).toBeGreaterThanOrEqual(waitMs)
  },
)

test('reports the reason of the close code if the earlier `error` message is about something else', () => {
  join()
  latest().receive({ type: 'error', code: 'rate-limited', message: '', retryAfterMs: 400 })
  latest().end(closeCodes['server-full'])
  expect(retries).toMatchObject([{ error: { code: 'server-full', retryAfterMs: 10_000 } }])
})

test('reports the reason of the latest `error` message if the close code is unknown', () => {
  latest().open()
  latest().receive({ type: 'error', code: 'server-full', message: '', retryAfterMs: 3000 })
  latest().end(4450)
  expect(retries).toMatchObject([{ error: { code: 'server-full', retryAfterMs: 3000 } }])
})

test('does not report the `error` message of an earlier connection', () => {
  latest().open()
  latest().receive({ type: 'error', code: 'server-full', message: '', retryAfterMs: 3000 })
  latest().end(4450)
  channel.retryNow()
  latest().open()
  latest().end(4450)
  expect(retries.map(({ error }) => error.code)).toEqual(['server-full', 'server-unreachable'])
})

/** Lets the reactions to settled promises run. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

test.each([
  ['other', 'not-a-buddy-server'],
  ['moved', 'insecure-server'],
] as const)(
  'if `probeServer` finds `%s`, reports `%s` and does not reconnect',
  async (found, code) => {
    answer = found
    latest().end(1006)
    await settle()
    expect(refused).toEqual([code])
    expect(clock.pending).toBe(0)
  },
)

test('calls `probeServer` if no `welcome` arrives', async () => {
  answer = 'other'
  latest().open()
  clock.advance(10_000)
  await settle()
  expect(refused).toEqual(['not-a-buddy-server'])
})

test('reports `not-a-buddy-server` after three failures if `probeServer` finds `unreadable`', async () => {
  answer = 'unreadable'
  for (const expected of [[], [], ['not-a-buddy-server']]) {
    latest().end(1006)
    await settle()
    expect(refused).toEqual(expected)
    channel.retryNow()
  }
})

test('continues to reconnect after a first `welcome`, whatever `probeServer` finds', async () => {
  join()
  answer = 'other'
  for (let failure = 1; failure <= 5; failure++) {
    latest().end(1006)
    await settle()
    channel.retryNow()
  }
  expect([refused, retries.length]).toEqual([[], 5])
})

test('ignores a result of `probeServer` that arrives after `close`', async () => {
  answer = 'other'
  latest().end(1006)
  channel.close()
  channel.open({ url: 'ws://test/ws', hello, token: '', proof: '', visitor })
  await settle()
  expect(refused).toEqual([])
})

test.each(['before', 'after'])(
  'reports `blocked-by-csp` and does not reconnect if the browser reports the violation %s the failure',
  (order) => {
    const report = (): void => {
      for (const onForbidden of policyListeners) onForbidden('ws://elsewhere/ws')
      for (const onForbidden of policyListeners) onForbidden('ws://test')
    }
    if (order === 'before') report()
    latest().end(1006)
    if (order === 'after') report()
    expect(refused).toEqual(['blocked-by-csp'])
    expect([clock.pending, policyListeners.size]).toEqual([0, 0])
  },
)

test('reports `token-timeout` if the token function does not answer within 8 s', async () => {
  openWith(() => new Promise(() => undefined))
  await settle()
  clock.advance(7999)
  expect(refused).toEqual([])
  clock.advance(1)
  expect([refused, retries, latest().closedWith]).toEqual([['token-timeout'], [], 1000])
})

test('waits 10 s for `welcome` once the token function has answered', async () => {
  let resolveToken: (token: string) => void = () => undefined
  openWith(() => new Promise((resolve) => (resolveToken = resolve)))
  clock.advance(7000)
  resolveToken('signed')
  await settle()
  clock.advance(9999)
  expect([refused, retries]).toEqual([[], []])
  clock.advance(1)
  expect([refused, retries]).toMatchObject([[], [{ error: { code: 'server-unreachable' } }]])
})

test.each([
  ['answers', (resolve: (token: string) => void) => resolve('signed')],
  ['fails', (_: unknown, reject: (error: Error) => void) => reject(new Error('no session'))],
])(
  'does nothing if the token function %s after the connection has ended',
  async (_, settleToken) => {
    let finish = (): void => undefined
    openWith(() => new Promise((resolve, reject) => (finish = () => settleToken(resolve, reject))))
    latest().end(1006)
    finish()
    await settle()
    expect([latest().sent, refused, retries.length]).toEqual([[], [], 1])
  },
)

test('resumes a session without a site token if the token function times out', async () => {
  let calls = 0
  let resolveToken: (token: string) => void = () => undefined
  openWith(() => (++calls === 1 ? 'signed' : new Promise((resolve) => (resolveToken = resolve))))
  await settle()
  latest().receive({ ...welcome, resumeToken: 'resume-1' })
  latest().end(1006)
  channel.retryNow()
  latest().open()
  clock.advance(8000)
  expect(latest().sent).toMatchObject([{ token: null, resume: { token: 'resume-1' } }])
  resolveToken('too late')
  await settle()
  expect(latest().sent).toHaveLength(1)
})

test('reports `blocked-by-csp` and does not reconnect if the WebSocket constructor throws', () => {
  const own = new SignalingChannel(
    {
      ...environment,
      createSocket: () => {
        throw new DOMException('', 'SecurityError')
      },
      clock: new ManualClock(),
    },
    {
      onWelcome: () => undefined,
      onMessage: () => undefined,
      onRetry: (retry) => retries.push(retry),
      onRefused: ({ code }) => refused.push(code),
    },
  )
  own.open({ url: 'ws://test/ws', hello, token: '', proof: '', visitor })
  expect([refused, retries, policyListeners.size]).toEqual([['blocked-by-csp'], [], 1])
})
