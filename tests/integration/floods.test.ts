// The server limits frames, bytes and connections. It answers with a named error if a client exceeds a
// limit.
import type { Message } from '@buddy-chat/protocol'
import { encode, messages } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { liftedLimits, startServerProcess } from '../load/server-process.ts'
import { test } from './neighbours-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import { handshake, RawSocket } from './raw-socket.ts'

const ticket: Message = {
  type: 'ticket',
  mode: 'video',
  lobby: '',
  interests: [],
  languages: [],
  offer: null,
}
const candidate = {
  candidate: 'x'.repeat(1000),
  sdpMid: null,
  sdpMLineIndex: null,
  usernameFragment: null,
}
/** 47 kB, close to the size limit of a signal. */
const largeSignal = {
  type: 'signal',
  description: { type: 'offer', sdp: 'x'.repeat(32_000) },
  candidates: Array.from({ length: 15 }, () => candidate),
  sending: null,
  generation: null,
} as const
const smallSignal: Message = {
  type: 'signal',
  description: null,
  candidates: [],
  sending: null,
  generation: null,
}

const rateLimited = { code: 4003, reason: 'rate-limited' }
const violation = { code: 4500, reason: 'protocol-violation' }

const floods: readonly [name: string, frame: Uint8Array, close: typeof rateLimited][] = [
  ['ticket', encode(ticket), rateLimited],
  ['next', encode({ type: 'next', offer: null }), rateLimited],
  ['leave', encode({ type: 'leave' }), rateLimited],
  ['report', encode({ type: 'report', reason: 'spam', room: null }), rateLimited],
  [
    'change',
    encode({ type: 'change', interests: ['chess'], languages: [], asks: null, keep: null }),
    rateLimited,
  ],
  ['block', encode({ type: 'block', room: null }), rateLimited],
  ['consent', encode({ type: 'consent', topic: 'picture', isGiven: true }), rateLimited],
  ['ping', encode({ type: 'ping' }), rateLimited],
  ['diagnosis', encode({ type: 'diagnosis', reason: 'no-path' }), rateLimited],
  ['signal', encode(smallSignal), rateLimited],
  ['text', encode({ type: 'text', text: 'hi' }), rateLimited],
  ['typing', encode({ type: 'typing', isTyping: true }), rateLimited],
  ['trust', encode({ type: 'trust' }), rateLimited],
  ['a type of a later version', Uint8Array.of(0x91, 0x7f), rateLimited],
  [
    'hello',
    encode({ type: 'hello', name: '', site: '', client: '', token: null, resume: null }),
    violation,
  ],
  ['a type that only servers send', Uint8Array.of(0x92, 35, 0), violation],
  ['an empty frame', new Uint8Array(), violation],
]

test('the flood tests cover every message type that a client may send', () => {
  const fromClients = Object.entries(messages)
    .filter(([, { direction }]) => direction !== 'server')
    .map(([type]) => type)
  expect(floods.map(([name]) => name)).toEqual(expect.arrayContaining(fromClients))
})

test.for(floods)(
  'closes the connection after two thousand frames (%s), and sends partner-left to the partner',
  async ([, frame, close], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const [one, other] = await RawClient.pair(url)
    one.tcp.cork()
    for (let index = 0; index < 2000; index++) one.sendRaw(frame)
    one.tcp.uncork()
    expect(await one.closed()).toEqual(close)
    expect(one.unread).toContain('error')
    await other.receive('partner-left')
    // The session has ended: it cannot be resumed.
    expect(server.status()).toMatchObject({ users: 3, away: 0 })
  },
)

test('drops texts above the rate limit with `rate-limited` and the time to wait, and relays the others', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const [one, other] = await RawClient.pair(url)
  for (let index = 0; index < 30; index++) one.send({ type: 'text', text: String(index) })
  const error = await one.receive('error')
  expect(error.code).toBe('rate-limited')
  expect(error.retryAfterMs).toBeGreaterThan(0)
  await one.settled()
  await other.settled()
  const arrived = other.unread.filter((type) => type === 'text').length
  expect(arrived).toBeGreaterThanOrEqual(10)
  expect(arrived).toBeLessThan(20)
  // Each type has a rate limit of its own.
  one.send({ type: 'typing', isTyping: true })
  await other.receive('typing')
})

test('answers each next above the rate limit with an error, and never refuses leave', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours({ rematchDelayMs: 60_000 })
  const [one, other] = await RawClient.pair(url)
  for (let time = 1; time <= 12; time++) one.send({ type: 'next', offer: null })
  const errors = [await one.receive('error'), await one.receive('error')]
  for (const { code, retryAfterMs } of errors) {
    expect([code, retryAfterMs! > 0]).toEqual(['rate-limited', true])
  }
  other.send({ type: 'next', offer: null })
  await other.receive('waiting')
  const third = await RawClient.join(url, 'Third')
  third.enter()
  await third.receive('matched')
  for (let time = 1; time <= 40; time++) one.send({ type: 'leave' })
  await one.settled()
  expect(server.status()).toMatchObject({ users: 5, rooms: 1 })
  expect((await third.receive('partner-left')).reason).toBe('left')
})

test('drops signals above the byte rate limit, so that a client cannot fill its partner’s connection', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const [one, other] = await RawClient.pair(url)
  for (let time = 1; time <= 20; time++) one.send(largeSignal)
  expect(await one.errorCode()).toBe('rate-limited')
  await one.settled()
  await other.settled()
  const arrived = other.unread.filter((type) => type === 'signal').length
  expect(arrived).toBeGreaterThanOrEqual(5)
  expect(arrived).toBeLessThan(8)
})

test('refuses signal and trust in text mode, because they would reveal IP addresses', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const [one, other] = [await RawClient.join(url, 'One'), await RawClient.join(url, 'Other')]
  one.enter({ mode: 'text' })
  other.enter({ mode: 'text' })
  await Promise.all([one.receive('matched'), other.receive('matched')])
  one.send(smallSignal)
  one.send({ type: 'trust' })
  expect([await one.errorCode(), await one.errorCode()]).toEqual(['wrong-mode', 'wrong-mode'])
  await other.settled()
  expect(other.unread).toEqual([])
})

/** Number of connections that are attempted at a time. */
const atOnce = 50
const connects = 10_000
const maxGrowthBytes = 5 * 2 ** 20

test(
  'refuses ten thousand connections from one address with `too-many-connections`, and frees their memory',
  { timeout: 120_000 },
  async ({ onTestFinished }) => {
    const faults: string[] = []
    const limits = { ...liftedLimits, maxConnectionsPerAddress: 64, maxConnectsPerAddress: 300 }
    const server = await startServerProcess(limits, (text) => faults.push(text))
    onTestFinished(() => server.stop())
    const neighbours = await RawClient.pair(server.url)
    const outcomes = new Map<string, number>()
    const request = handshake()
    const connect = async (times: number): Promise<void> => {
      for (let time = 1; time <= times; time++) {
        const socket = await RawSocket.connect(server.url)
        socket.write(request)
        const { message, close } = await socket.answer()
        const outcome = `${message} ${close}`
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        socket.tcp.destroy()
      }
    }
    const all = (count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: atOnce }, () => connect(count / atOnce)))

    // Uses up the allowance of the address, within which the server accepts every connection.
    for (let time = 1; time <= 298; time++) {
      const socket = await RawSocket.open(server.url)
      socket.tcp.destroy()
    }
    await all(connects / 10)
    const before = await server.measure(true)
    await all(connects)
    const after = await server.measure(true)
    const refused = outcomes.get('too-many-connections 4002') ?? 0
    // The server accepts some connections, because the allowance grows by 300 a minute.
    expect([...outcomes.keys()].filter((outcome) => outcome !== 'accepted undefined')).toEqual([
      'too-many-connections 4002',
    ])
    expect(refused).toBeGreaterThan(connects * 0.9)
    expect(after.heapBytes - before.heapBytes).toBeLessThan(maxGrowthBytes)
    expect(after.users).toBe(2)
    expect(faults).toEqual([])
    await expectTextsRelayed(...neighbours)
  },
)
