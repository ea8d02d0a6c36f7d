import type { Message } from '@buddy-chat/protocol'
import { closeCodes, decode, encode } from '@buddy-chat/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { TokenSource } from '../options.ts'
import type { ServerAnswer } from './server-probe.ts'
import type { Retry } from './signaling-channel.ts'
import { SignalingChannel } from './signaling-channel.ts'

/** The far end of a socket, moved by hand: what matters here is time, not the network. */
class ScriptedSocket extends EventTarget {
  static all: ScriptedSocket[] = []
  binaryType = 'blob'
  readyState = 0
  closedWith: number | undefined
  readonly sent: (Message | undefined)[] = []

  constructor() {
    super()
    ScriptedSocket.all.push(this)
  }

  send(frame: Uint8Array): void {
    this.sent.push(decode(frame))
  }

  close(code: number): void {
    this.readyState = 3
    this.closedWith = code
  }

  opens(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  says(message: Message): void {
    this.saysBytes(encode(message))
  }

  saysBytes(bytes: Uint8Array): void {
    const data = bytes.slice().buffer
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  ends(code: number): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }))
  }
}

const hello = { type: 'hello', name: 'Ana', site: '', client: 'test' } as const
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
  roomToken: 'seat-1',
} as const

const surroundings = {
  random: () => 0.5,
  probeServer: () => Promise.resolve(answer),
  watchPolicy: (onForbidden: (address: string) => void) => {
    forbid.add(onForbidden)
    return () => void forbid.delete(onForbidden)
  },
}

/** What answers over HTTP. */
let clock: ManualClock
let answer: ServerAnswer
/** Called with an address that the page's policy forbids. */
const forbid = new Set<(address: string) => void>()
let retries: Retry[]
let refused: string[]
let heard: string[]
let channel: SignalingChannel
const latest = (): ScriptedSocket => ScriptedSocket.all.at(-1)!

beforeEach(() => {
  clock = new ManualClock()
  ScriptedSocket.all = []
  answer = 'unknown'
  retries = []
  refused = []
  heard = []
  channel = new SignalingChannel(
    {
      createSocket: () => new ScriptedSocket() as unknown as WebSocket,
      clock,
      ...surroundings,
    },
    {
      onWelcome: (_, isResumed) => heard.push(isResumed ? 'resumed' : 'welcome'),
      onMessage: ({ type }) => heard.push(type),
      onRetry: (retry) => retries.push(retry),
      onRefused: ({ code }) => refused.push(code),
    },
  )
  channel.open({ url: 'ws://test/ws', hello, token: '' })
})
afterEach(() => {
  channel.close()
  const left = [clock.pending, forbid.size]
  forbid.clear()
  expect(left).toEqual([0, 0])
})

const join = (): void => {
  latest().opens()
  latest().says(welcome)
}

test('says hello first, and nothing before the welcome', () => {
  latest().opens()
  expect(channel.send({ type: 'next', offer: null })).toBe(false)
  latest().says(welcome)
  expect(channel.send({ type: 'next', offer: null })).toBe(true)
  expect(latest().sent).toEqual([first, { type: 'next', offer: null }])
})

test('comes back after a loss with growing waits, and starts anew once welcome', () => {
  for (const expected of [250, 500, 1000]) {
    latest().ends(1006)
    expect(retries.at(-1)).toMatchObject({ delayMs: expected })
    clock.advance(expected)
  }
  join()
  latest().ends(1006)
  expect(retries.at(-1)).toMatchObject({ attempt: 1, delayMs: 250 })
  expect(retries.at(-1)?.error.code).toBe('server-unreachable')
})

test('a full server is tried again when it said, and says so', () => {
  latest().opens()
  latest().says({ type: 'error', code: 'server-full', message: 'full', retryAfterMs: 8000 })
  latest().ends(closeCodes['server-full'])
  expect(retries[0]).toMatchObject({ delayMs: 9000, error: { code: 'server-full' } })
  clock.advance(8999)
  expect(ScriptedSocket.all).toHaveLength(1)
  clock.advance(1)
  expect(ScriptedSocket.all).toHaveLength(2)
})

test('a server that is going away is met again after the time it gave', () => {
  join()
  latest().says({ type: 'going-away', reconnectAfterMs: 3000 })
  latest().ends(closeCodes['going-away'])
  expect(retries[0]).toMatchObject({ delayMs: 3375, error: { code: 'going-away' } })
})

test('a refusal for good is not tried again', () => {
  latest().opens()
  latest().says({ type: 'error', code: 'origin-not-allowed', message: '', retryAfterMs: null })
  latest().ends(closeCodes['origin-not-allowed'])
  clock.advance(600_000)
  expect(refused).toEqual(['origin-not-allowed'])
  expect(ScriptedSocket.all).toHaveLength(1)
})

test('silence for two heartbeats is a loss; any frame breaks it', () => {
  join()
  clock.advance(39_999)
  latest().says({ type: 'stats', online: 1, waiting: 0, rooms: 0 })
  clock.advance(39_999)
  expect(retries).toEqual([])
  clock.advance(1)
  expect(retries[0]?.error.code).toBe('server-unreachable')
  expect(latest().closedWith).toBe(4999)
})

test('a server that accepts but never answers is a loss after 10 s', () => {
  latest().opens()
  clock.advance(10_000)
  expect(retries).toHaveLength(1)
})

test('malformed and unknown frames are dropped, what follows is heard', () => {
  join()
  latest().saysBytes(Uint8Array.of(0x92, 0x11, 0xd4, 0x72, 0x40))
  latest().saysBytes(Uint8Array.of(0x92, 0x7f, 0x01))
  latest().saysBytes(encode(first))
  latest().says({ type: 'text', text: 'still here' })
  expect(heard).toEqual(['welcome', 'text'])
})

test("a partner's name is cleaned here, whatever the server let through", () => {
  const names: string[] = []
  const own = new SignalingChannel(
    {
      createSocket: () => new ScriptedSocket() as unknown as WebSocket,
      clock: new ManualClock(),
      ...surroundings,
    },
    {
      onWelcome: () => undefined,
      onMessage: (message) => message.type === 'matched' && names.push(message.partnerName),
      onRetry: () => undefined,
      onRefused: () => undefined,
    },
  )
  own.open({ url: 'ws://test/ws', hello, token: '' })
  join()
  const partnerName = 'A\u202Ena\u0000 '
  latest().says({ ...matched, partnerName })
  own.close()
  expect(names).toEqual(['A na'])
})

test('after a sleep a sign of life is asked for, and not waited for as long as usual', () => {
  join()
  channel.checkConnection()
  expect(latest().sent.at(-1)).toEqual({ type: 'ping' })
  clock.advance(1999)
  expect(retries).toEqual([])
  clock.advance(1)
  expect(retries[0]?.error.code).toBe('server-unreachable')
})

test('a page that is left ends its session, and begins another as soon as it is back', () => {
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'token' })
  channel.part()
  expect(latest().closedWith).toBe(1000)
  expect(retries).toMatchObject([{ mayResume: false }])
  channel.checkConnection()
  expect(ScriptedSocket.all).toHaveLength(2)
  latest().opens()
  expect(latest().sent).toEqual([first])
})

test('a page that is frozen leaves its session waiting, and resumes it as soon as it thaws', () => {
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'token' })
  channel.suspend()
  expect(latest().closedWith).toBe(4999)
  expect(retries).toMatchObject([{ mayResume: true }])
  channel.checkConnection()
  expect(ScriptedSocket.all).toHaveLength(2)
  latest().opens()
  expect(latest().sent).toMatchObject([{ resume: { token: 'token' } }])
})

test('retryNow does not wait; close ends every timer', () => {
  latest().ends(1006)
  channel.retryNow()
  expect(ScriptedSocket.all).toHaveLength(2)
  channel.retryNow()
  expect(ScriptedSocket.all).toHaveLength(2)
  latest().ends(1006)
  channel.close()
  clock.advance(600_000)
  expect(ScriptedSocket.all).toHaveLength(2)
})

/** Breaks the connection, tries again, and is welcome again: a session goes on where `received` is given. */
function comeBack(received: number | null, code = 1006): void {
  latest().ends(code)
  channel.retryNow()
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'ticket-2', received })
}

const joinForResume = (): void => {
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'ticket-1' })
}

test('a session is resumed: what was received is told, what the server lacks is said again, once', () => {
  joinForResume()
  latest().says({ type: 'waiting', online: 2 })
  latest().saysBytes(Uint8Array.of(0x92, 0x11, 0xc1))
  channel.send({ type: 'text', text: 'arrived' })
  channel.send({ type: 'text', text: 'lost on the way' })
  latest().ends(1006)
  expect(retries.at(-1)?.mayResume).toBe(true)
  expect(channel.send({ type: 'text', text: 'typed meanwhile' })).toBe(true)
  expect(channel.send({ type: 'typing', isTyping: true })).toBe(false)
  channel.retryNow()
  latest().opens()
  // A frame that is dropped here was received all the same.
  expect(latest().sent).toEqual([
    { ...first, resume: { token: 'ticket-1', received: 2, sent: 2, roomToken: null } },
  ])
  latest().says({ ...welcome, resumeToken: 'ticket-2', received: 1 })
  latest().says({ type: 'text', text: 'missed' })
  channel.send({ type: 'next', offer: null })
  expect(latest().sent.slice(1)).toEqual([
    { type: 'text', text: 'lost on the way' },
    { type: 'text', text: 'typed meanwhile' },
    { type: 'next', offer: null },
  ])
  expect(heard).toEqual(['welcome', 'waiting', 'resumed', 'text'])
  comeBack(4)
  expect(latest().sent).toEqual([
    { ...first, resume: { token: 'ticket-2', received: 3, sent: 4, roomToken: null } },
  ])
})

test('a server that has restarted is told what was written, and gets the rest, once', () => {
  joinForResume()
  channel.send({ type: 'text', text: 'perhaps arrived' })
  latest().ends(1006)
  channel.send({ type: 'text', text: 'typed meanwhile' })
  channel.retryNow()
  // It dies once more before the welcome: what was typed has still not been given to any connection.
  latest().opens()
  latest().ends(1006)
  channel.retryNow()
  latest().opens()
  const proof = { token: 'ticket-1', received: 0, sent: 1, roomToken: null }
  expect(latest().sent).toEqual([{ ...first, resume: proof }])
  latest().says({ ...welcome, resumeToken: 'ticket-2', received: 1, isRestored: true })
  expect(latest().sent.slice(1)).toEqual([{ type: 'text', text: 'typed meanwhile' }])
  expect(heard).toEqual(['welcome', 'resumed'])
  comeBack(2)
  const later = { token: 'ticket-2', received: 0, sent: 2, roomToken: null }
  expect(latest().sent).toEqual([{ ...first, resume: later }])
})

test.each([
  ['while in it, also while Next is not answered', [], { type: 'next', offer: null }, 'seat-1'],
  ['not after the partner has left', [{ type: 'partner-left', reason: 'left' }], undefined, null],
  ['not in the queue', [{ type: 'waiting', online: 1 }], undefined, null],
  ['not after leaving for good', [], { type: 'leave' }, null],
  ['the latest', [{ ...matched, roomToken: 'seat-2' }], undefined, 'seat-2'],
] as const)('the token of a room is shown %s', (_, messages, sent, roomToken) => {
  joinForResume()
  for (const message of [matched, ...messages]) latest().says(message)
  if (sent) channel.send(sent)
  latest().ends(1006)
  channel.retryNow()
  latest().opens()
  expect(latest().sent[0]).toMatchObject({ resume: { roomToken } })
})

test('the token of a room is not shown to a session that begins anew', () => {
  joinForResume()
  latest().says(matched)
  comeBack(null)
  latest().ends(1006)
  channel.retryNow()
  latest().opens()
  expect(latest().sent[0]).toMatchObject({ resume: { token: 'ticket-2', roomToken: null } })
})

/** What the latest connection was given, but for its hello: each text by itself, all else by its type. */
const written = (): (string | undefined)[] =>
  latest()
    .sent.slice(1)
    .map((message) => (message?.type === 'text' ? message.text : message?.type))

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`)

const say = (from: number, to: number): void => {
  for (const text of lines(from, to)) expect(channel.send({ type: 'text', text })).toBe(true)
}

const largeSignal = {
  type: 'signal',
  description: { type: 'offer', sdp: 'v'.repeat(5000) },
  candidates: [],
  sending: null,
  generation: null,
} as const

test('texts go out no faster than the server takes them', () => {
  joinForResume()
  say(1, 10)
  expect(channel.send({ type: 'typing', isTyping: true })).toBe(false)
  expect(written()).toEqual(lines(1, 8))
  clock.advance(399)
  expect(written()).toEqual(lines(1, 8))
  clock.advance(1)
  expect(written()).toEqual(lines(1, 9))
  clock.advance(400)
  expect(written()).toEqual(lines(1, 10))
  clock.advance(8 * 400)
  say(11, 18)
  expect(written().slice(-8)).toEqual(lines(11, 18))
})

test('what keeps a call alive waits for no text, and keeps its order', () => {
  joinForResume()
  say(1, 9)
  latest().ends(1006)
  say(10, 11)
  channel.send({ type: 'trust' })
  say(12, 12)
  channel.send({ type: 'report', reason: 'spam', room: null })
  clock.advance(8 * 400)
  channel.retryNow()
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'ticket-2', received: 0 })
  expect(written()).toEqual([...lines(1, 8), 'trust', 'report'])
  channel.checkConnection()
  expect(written().at(-1)).toBe('ping')
  clock.advance(400)
  expect(written().at(-1)).toEqual(lines(9, 9)[0])
})

test('nobody waits for Next: what waits for the partner before goes out with it', () => {
  joinForResume()
  say(1, 10)
  channel.send({ type: 'next', offer: null })
  expect(written()).toEqual([...lines(1, 10), 'next'])
})

test('a long session keeps what is typed while the server is away, however much was said before', () => {
  joinForResume()
  for (let time = 1; time <= 60; time++) channel.send(largeSignal)
  expect(written()).toHaveLength(60)
  latest().ends(1006)
  expect(channel.send({ type: 'text', text: 'x'.repeat(3000) })).toBe(true)
})

test('what the server has missed and what was typed meanwhile are paced together, and said once', () => {
  joinForResume()
  say(1, 6)
  latest().ends(1006)
  say(7, 20)
  clock.advance(8 * 400)
  channel.retryNow()
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'ticket-2', received: 2 })
  expect(written()).toEqual(lines(3, 10))
  clock.advance(400)
  expect(written()).toEqual(lines(3, 11))
  // Lost again while some wait: these wait for the next connection, and nothing of the old one goes on.
  const before = latest()
  latest().ends(1006)
  clock.advance(100)
  channel.retryNow()
  clock.advance(8 * 400)
  expect(before.sent).toHaveLength(10)
  latest().opens()
  // A server that has restarted would be told what it can have: not those that were not said again.
  expect(latest().sent[0]).toMatchObject({ resume: { sent: 11 } })
  latest().says({ ...welcome, resumeToken: 'ticket-3', received: 9 })
  clock.advance(10 * 400)
  expect(written()).toEqual(lines(10, 20))
})

test('whoever leaves for good while texts wait: they go out before it ends', () => {
  joinForResume()
  say(1, 10)
  channel.send({ type: 'leave' })
  channel.close()
  expect(written()).toEqual([...lines(1, 10), 'leave'])
})

test('a server that starts anew hears nothing of what was said before', () => {
  joinForResume()
  latest().ends(1006)
  channel.send({ type: 'text', text: 'for somebody who is gone' })
  channel.retryNow()
  latest().opens()
  latest().says({ ...welcome, resumeToken: 'other' })
  expect(latest().sent).toHaveLength(1)
  expect(heard).toEqual(['welcome', 'welcome'])
  comeBack(0)
  expect(latest().sent).toEqual([
    { ...first, resume: { token: 'other', received: 0, sent: 0, roomToken: null } },
  ])
})

test('a server that claims to have more than was said is met anew', () => {
  joinForResume()
  comeBack(7)
  expect(heard).toEqual(['welcome'])
  channel.retryNow()
  latest().opens()
  expect(latest().sent).toEqual([first])
})

test('without a resume token nothing is kept', () => {
  join()
  latest().ends(1006)
  expect(retries.at(-1)?.mayResume).toBe(false)
  expect(channel.send({ type: 'next', offer: null })).toBe(false)
})

test('more than the bound is not taken on while the server is away', () => {
  joinForResume()
  latest().ends(1006)
  const text = 't'.repeat(4000)
  let taken = 0
  while (channel.send({ type: 'text', text })) taken++
  expect(taken).toBe(65)
})

test('whoever was closed for good does not come back, nor is told twice', () => {
  joinForResume()
  latest().says({ type: 'error', code: 'idle-timeout', message: '', retryAfterMs: null })
  latest().ends(closeCodes['idle-timeout'])
  expect([refused, heard]).toEqual([['idle-timeout'], ['welcome']])
  expect(channel.send({ type: 'next', offer: null })).toBe(false)
})

const openWith = (token: TokenSource): void => {
  channel.open({ url: 'ws://test/ws', hello, token })
  latest().opens()
}

test('a token is shown; a function is asked for a new one at every connection', async () => {
  openWith('signed')
  expect(latest().sent).toEqual([{ ...first, token: 'signed' }])
  let asked = 0
  openWith(() => `signed-${++asked}`)
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, token: 'signed-1' }]))
  latest().ends(1006)
  channel.retryNow()
  latest().opens()
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, token: 'signed-2' }]))
})

test.each([
  ['rejects', () => Promise.reject(new Error('no session'))],
  ['gives something else', () => ({}) as unknown as string],
  ['gives too much', () => 't'.repeat(3000)],
])('a token function that %s ends it by name', async (_, token) => {
  openWith(token)
  await vi.waitFor(() => expect(refused).toEqual(['token-invalid']))
  expect(latest().sent).toEqual([])
})

test('a token function that fails does not end a session that can be resumed', async () => {
  let asked = 0
  openWith(() => (++asked === 1 ? 'signed' : Promise.reject(new Error('the site is slow'))))
  await vi.waitFor(() => expect(latest().sent).toHaveLength(1))
  latest().says({ ...welcome, resumeToken: 'ticket-1' })
  latest().ends(1006)
  channel.retryNow()
  latest().opens()
  const resume = { token: 'ticket-1', received: 0, sent: 0, roomToken: null }
  await vi.waitFor(() => expect(latest().sent).toEqual([{ ...first, resume }]))
  latest().says({ ...welcome, resumeToken: 'ticket-2', received: 0 })
  expect([heard.at(-1), refused]).toEqual(['resumed', []])
})

test('a connection that fails to open is tried again, also where only an error tells of it', () => {
  latest().readyState = 3
  latest().dispatchEvent(new Event('error'))
  expect(retries.at(-1)).toMatchObject({ attempt: 1, delayMs: 250 })
  latest().ends(1006)
  expect(retries).toHaveLength(1)
})

test.each([
  ['server-full', 10_000],
  ['too-many-connections', 10_000],
  ['rate-limited', 30_000],
  ['going-away', 2500],
] as const)('a close %s whose frame was lost has a wait of its own', (code, waitMs) => {
  latest().opens()
  latest().ends(closeCodes[code])
  expect(retries).toMatchObject([{ error: { code, retryAfterMs: waitMs } }])
  expect(retries[0]!.delayMs).toBeGreaterThanOrEqual(waitMs)
})

test('a frame about something else does not explain the close that comes later', () => {
  join()
  latest().says({ type: 'error', code: 'rate-limited', message: '', retryAfterMs: 400 })
  latest().ends(closeCodes['server-full'])
  expect(retries).toMatchObject([{ error: { code: 'server-full', retryAfterMs: 10_000 } }])
})

test('a close that this version does not know is explained by the frame before it', () => {
  latest().opens()
  latest().says({ type: 'error', code: 'server-full', message: '', retryAfterMs: 3000 })
  latest().ends(4450)
  expect(retries).toMatchObject([{ error: { code: 'server-full', retryAfterMs: 3000 } }])
})

/** Lets promises that are settled be noticed. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

test.each([
  ['other', 'not-a-buddy-server'],
  ['moved', 'insecure-server'],
] as const)('a server that is none (%s) is not tried again: %s', async (found, code) => {
  answer = found
  latest().ends(1006)
  await settle()
  expect(refused).toEqual([code])
  expect(clock.pending).toBe(0)
})

test('a server that says nothing at all may be none, too', async () => {
  answer = 'other'
  latest().opens()
  clock.advance(10_000)
  await settle()
  expect(refused).toEqual(['not-a-buddy-server'])
})

test('what answers unreadably is no Buddy server if three attempts have failed', async () => {
  answer = 'unreadable'
  for (const expected of [[], [], ['not-a-buddy-server']]) {
    latest().ends(1006)
    await settle()
    expect(refused).toEqual(expected)
    channel.retryNow()
  }
})

test('a server that has sent a welcome once is tried again, whatever answers meanwhile', async () => {
  join()
  answer = 'other'
  for (let failure = 1; failure <= 5; failure++) {
    latest().ends(1006)
    await settle()
    channel.retryNow()
  }
  expect([refused, retries.length]).toEqual([[], 5])
})

test('an answer that comes after the end counts for nothing', async () => {
  answer = 'other'
  latest().ends(1006)
  channel.close()
  channel.open({ url: 'ws://test/ws', hello, token: '' })
  await settle()
  expect(refused).toEqual([])
})

test.each(['before', 'after'])(
  'a policy that forbids the server, known %s the failure, is no reason to try again',
  (order) => {
    const report = (): void => {
      for (const onForbidden of forbid) onForbidden('ws://elsewhere/ws')
      for (const onForbidden of forbid) onForbidden('ws://test')
    }
    if (order === 'before') report()
    latest().ends(1006)
    if (order === 'after') report()
    expect(refused).toEqual(['blocked-by-csp'])
    expect([clock.pending, forbid.size]).toEqual([0, 0])
  },
)

test('a token function that never answers ends the attempt by name', async () => {
  openWith(() => new Promise(() => undefined))
  await settle()
  clock.advance(7999)
  expect(refused).toEqual([])
  clock.advance(1)
  expect([refused, retries, latest().closedWith]).toEqual([['token-timeout'], [], 1000])
})

test('a token that comes too late for a session that can prove itself is not missed', async () => {
  let asked = 0
  let give: (token: string) => void = () => undefined
  openWith(() => (++asked === 1 ? 'signed' : new Promise((resolve) => (give = resolve))))
  await settle()
  latest().says({ ...welcome, resumeToken: 'ticket-1' })
  latest().ends(1006)
  channel.retryNow()
  latest().opens()
  clock.advance(8000)
  expect(latest().sent).toMatchObject([{ token: null, resume: { token: 'ticket-1' } }])
  give('too late')
  await settle()
  expect(latest().sent).toHaveLength(1)
})

test('a browser that throws at once for what its page forbids is not asked again', () => {
  const own = new SignalingChannel(
    {
      ...surroundings,
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
  own.open({ url: 'ws://test/ws', hello, token: '' })
  expect([refused, retries, forbid.size]).toEqual([['blocked-by-csp'], [], 1])
})
