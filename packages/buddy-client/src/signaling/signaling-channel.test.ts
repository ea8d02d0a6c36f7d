import type { Message } from '@buddy-chat/protocol'
import { closeCodes, decode, encode } from '@buddy-chat/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
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
const welcome = {
  type: 'welcome',
  session: 's',
  name: 'Ana',
  heartbeatMs: 20_000,
  iceServers: [],
} as const

let retries: Retry[]
let refused: string[]
let heard: string[]
let channel: SignalingChannel
const latest = (): ScriptedSocket => ScriptedSocket.all.at(-1)!

beforeEach(() => {
  vi.useFakeTimers()
  ScriptedSocket.all = []
  retries = []
  refused = []
  heard = []
  channel = new SignalingChannel(
    {
      createSocket: () => new ScriptedSocket() as unknown as WebSocket,
      setTimeout: (callback, delayMs) => setTimeout(callback, delayMs) as unknown as number,
      clearTimeout: (id) => clearTimeout(id),
      random: () => 0.5,
    },
    {
      onWelcome: () => heard.push('welcome'),
      onMessage: ({ type }) => heard.push(type),
      onRetry: (retry) => retries.push(retry),
      onRefused: ({ code }) => refused.push(code),
    },
  )
  channel.open('ws://test/ws', hello)
})
afterEach(() => {
  channel.close()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const join = (): void => {
  latest().opens()
  latest().says(welcome)
}

test('says hello first, and nothing before the welcome', () => {
  latest().opens()
  expect(channel.send({ type: 'next' })).toBe(false)
  latest().says(welcome)
  expect(channel.send({ type: 'next' })).toBe(true)
  expect(latest().sent).toEqual([hello, { type: 'next' }])
})

test('comes back after a loss with growing waits, and starts anew once welcome', () => {
  for (const expected of [250, 500, 1000]) {
    latest().ends(1006)
    expect(retries.at(-1)).toMatchObject({ delayMs: expected })
    vi.advanceTimersByTime(expected)
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
  vi.advanceTimersByTime(8999)
  expect(ScriptedSocket.all).toHaveLength(1)
  vi.advanceTimersByTime(1)
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
  vi.advanceTimersByTime(600_000)
  expect(refused).toEqual(['origin-not-allowed'])
  expect(ScriptedSocket.all).toHaveLength(1)
})

test('silence for two heartbeats is a loss; any frame breaks it', () => {
  join()
  vi.advanceTimersByTime(39_999)
  latest().says({ type: 'stats', online: 1, waiting: 0, rooms: 0 })
  vi.advanceTimersByTime(39_999)
  expect(retries).toEqual([])
  vi.advanceTimersByTime(1)
  expect(retries[0]?.error.code).toBe('server-unreachable')
  expect(latest().closedWith).toBe(4999)
})

test('a server that accepts but never answers is a loss after 10 s', () => {
  latest().opens()
  vi.advanceTimersByTime(10_000)
  expect(retries).toHaveLength(1)
})

test('malformed and unknown frames are dropped, what follows is heard', () => {
  join()
  latest().saysBytes(Uint8Array.of(0x92, 0x11, 0xd4, 0x72, 0x40))
  latest().saysBytes(Uint8Array.of(0x92, 0x7f, 0x01))
  latest().saysBytes(encode(hello))
  latest().says({ type: 'text', text: 'still here' })
  expect(heard).toEqual(['welcome', 'text'])
})

test("a partner's name is cleaned here, whatever the server let through", () => {
  const names: string[] = []
  const own = new SignalingChannel(
    {
      createSocket: () => new ScriptedSocket() as unknown as WebSocket,
      setTimeout: () => 0,
      clearTimeout: () => undefined,
      random: () => 0,
    },
    {
      onWelcome: () => undefined,
      onMessage: (message) => message.type === 'matched' && names.push(message.partnerName),
      onRetry: () => undefined,
      onRefused: () => undefined,
    },
  )
  own.open('ws://test/ws', hello)
  join()
  const partnerName = 'A\u202Ena\u0000 '
  latest().says({ type: 'matched', room: 'r', isPolite: true, partnerName, interests: [] })
  expect(names).toEqual(['A na'])
})

test('retryNow does not wait; close ends every timer', () => {
  latest().ends(1006)
  channel.retryNow()
  expect(ScriptedSocket.all).toHaveLength(2)
  channel.retryNow()
  expect(ScriptedSocket.all).toHaveLength(2)
  latest().ends(1006)
  channel.close()
  vi.advanceTimersByTime(600_000)
  expect(ScriptedSocket.all).toHaveLength(2)
})
