// Too much of anything is bounded by name: frames, bytes, connections.
import type { Message } from '@buddy-chat/protocol'
import { encode, messages } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { liftedLimits, startServerProcess } from '../load/server-process.ts'
import { test } from './neighbours-fixture.ts'
import { RawClient } from './raw-client.ts'
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
/** 47 kB: close to the most a signal may have. */
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

const tooMuch = { code: 4003, reason: 'rate-limited' }
const broken = { code: 4500, reason: 'protocol-violation' }

const floods: readonly [name: string, frame: Uint8Array, end: typeof tooMuch][] = [
  ['ticket', encode(ticket), tooMuch],
  ['next', encode({ type: 'next', offer: null }), tooMuch],
  ['leave', encode({ type: 'leave' }), tooMuch],
  ['report', encode({ type: 'report', reason: 'spam', room: null }), tooMuch],
  ['ping', encode({ type: 'ping' }), tooMuch],
  ['diagnosis', encode({ type: 'diagnosis', reason: 'no-path' }), tooMuch],
  ['signal', encode(smallSignal), tooMuch],
  ['text', encode({ type: 'text', text: 'hi' }), tooMuch],
  ['typing', encode({ type: 'typing', isTyping: true }), tooMuch],
  ['trust', encode({ type: 'trust' }), tooMuch],
  ['of a later version', Uint8Array.of(0x91, 0x7f), tooMuch],
  [
    'hello',
    encode({ type: 'hello', name: '', site: '', client: '', token: null, resume: null }),
    broken,
  ],
  ['as if from a server', Uint8Array.of(0x92, 35, 0), broken],
  ['empty', new Uint8Array(), broken],
]

test('every type a client may send is tried', () => {
  const fromClients = Object.entries(messages)
    .filter(([, { direction }]) => direction !== 'server')
    .map(([type]) => type)
  expect(floods.map(([name]) => name)).toEqual(expect.arrayContaining(fromClients))
})

test.for(floods)(
  'two thousand frames, %s: the client is out, the partner is told',
  async ([, frame, end], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const [one, other] = await RawClient.pair(url)
    one.tcp.cork()
    for (let index = 0; index < 2000; index++) one.sendRaw(frame)
    one.tcp.uncork()
    const reason = await one.closed()
    expect(reason).toEqual(end)
    expect(one.unread).toContain('error')
    await other.receive('partner-left')
    // Nobody waits for somebody who was thrown out.
    expect(server.status()).toMatchObject({ users: 3, away: 0 })
  },
)

test('too many texts: what is too much is dropped with the time to wait, the rest arrives', async ({
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
  // Other types have their own allowance.
  one.send({ type: 'typing', isTyping: true })
  await other.receive('typing')
})

test('next and ticket above their rate are answered each time, leave is never refused', async ({
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

test('more bytes than a call needs are dropped: nobody can fill a partner’s connection', async ({
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

test('a signal or trust in text mode is refused: nobody learns the other’s address', async ({
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

/** Connects of one kind of stranger, so many at a time. */
const atOnce = 50
const connects = 10_000
const mayGrowBytes = 5 * 2 ** 20

test(
  'ten thousand connects from one address: refused by name, and memory comes back',
  { timeout: 120_000 },
  async ({ onTestFinished }) => {
    const faults: string[] = []
    const limits = { ...liftedLimits, maxConnectionsPerAddress: 64, maxConnectsPerAddress: 300 }
    const server = await startServerProcess(limits, (text) => faults.push(text))
    onTestFinished(() => server.stop())
    const neighbours = await RawClient.pair(server.url)
    const outcomes = new Map<string, number>()
    const request = handshake()
    const knock = async (times: number): Promise<void> => {
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
      Promise.all(Array.from({ length: atOnce }, () => knock(count / atOnce)))

    // Until its allowance is used up, everybody is let in and waits for hello.
    for (let time = 1; time <= 298; time++) {
      const socket = await RawSocket.open(server.url)
      socket.tcp.destroy()
    }
    await all(connects / 10)
    const before = await server.measure(true)
    await all(connects)
    const after = await server.measure(true)
    const named = outcomes.get('too-many-connections 4002') ?? 0
    // While it goes on, the allowance of 300 a minute comes back, and that many are let in.
    expect([...outcomes.keys()].filter((outcome) => outcome !== 'let in undefined')).toEqual([
      'too-many-connections 4002',
    ])
    expect(named).toBeGreaterThan(connects * 0.9)
    expect(after.heapBytes - before.heapBytes).toBeLessThan(mayGrowBytes)
    expect(after.users).toBe(2)
    expect(faults).toEqual([])
    for (const [from, to] of [neighbours, neighbours.toReversed()] as [RawClient, RawClient][]) {
      from.send({ type: 'text', text: 'still here' })
      expect((await to.receive('text')).text).toBe('still here')
    }
  },
)
