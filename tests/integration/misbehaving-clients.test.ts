// Whatever a client sends, it gets a name for what was wrong, and its neighbours notice nothing.
import type { Message } from '@buddy-chat/protocol'
import { encode, messages } from '@buddy-chat/protocol'
import { expect, vi } from 'vitest'
import { test } from '../server-fixture.ts'
import { expectToTalk, RawClient } from './raw-client.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const text = (length: number): number[] => Array.from({ length }, () => 0x61)

/** One message of each type a client may send, other than hello. */
const afterHello: readonly Message[] = [
  { type: 'ticket', mode: 'video', lobby: '', interests: [], languages: [] },
  { type: 'next' },
  { type: 'leave' },
  { type: 'signal', description: null, candidates: [], sending: null },
  { type: 'text', text: 'hi' },
  { type: 'typing', isTyping: true },
]

test.for(afterHello)('$type before hello: hello-required', async (message, { startServer }) => {
  const { server, url } = await startServer()
  const neighbours = await RawClient.pair(url)
  const client = await RawClient.connect(url)
  client.send(message)
  expect(await client.error()).toBe('hello-required')
  expect(server.status()).toMatchObject({ users: 2, waiting: 0, rooms: 1 })
  await expectToTalk(...neighbours)
  // It was no more than a mistake: hello is still welcome.
  client.sayHello()
  await client.receive('welcome')
})

test('every message a client may send is tried before hello', () => {
  const fromClients = Object.entries(messages)
    .filter(([type, { direction }]) => direction !== 'server' && type !== 'hello')
    .map(([type]) => type)
  expect(afterHello.map(({ type }) => type)).toEqual(fromClients)
})

const malformed: readonly [name: string, frame: Uint8Array | string, code: string][] = [
  ['a text frame', 'hello', 'malformed-frame'],
  ['JSON', '[1,"Ana"]', 'malformed-frame'],
  ['an empty frame', bytes(), 'malformed-frame'],
  ['one byte', bytes(0x91), 'malformed-frame'],
  ['an empty array', bytes(0x90), 'malformed-frame'],
  ['a map', bytes(0x81, 0x01, 0x01), 'malformed-frame'],
  ['a string', bytes(0xa1, 0x61), 'malformed-frame'],
  ['an integer', bytes(0x04), 'malformed-frame'],
  ['nil', bytes(0xc0), 'malformed-frame'],
  ['an array 16', bytes(0xdc, 0x00, 0x01, 0x04), 'malformed-frame'],
  ['a type that is a string', bytes(0x91, 0xa1, 0x61), 'malformed-frame'],
  ['a type that is negative', bytes(0x91, 0xff), 'malformed-frame'],
  ['a type in two bytes', bytes(0x91, 0xcc, 0x11), 'malformed-frame'],
  ['bytes after the end', bytes(0x91, 0x02, 0xc0, 0xc0), 'malformed-frame'],
  ['an end in the middle of a string', bytes(0x92, 0x11, 0xa5, 0x61), 'malformed-frame'],
  ['a length beyond the frame', bytes(0x92, 0x11, 0xdb, 0xff, 0xff, 0xff, 0xff), 'malformed-frame'],
  [
    'an array longer than the frame',
    bytes(0x92, 0x10, 0xdd, 0x7f, 0xff, 0xff, 0xff),
    'malformed-frame',
  ],
  ['a map inside', bytes(0x92, 0x10, 0x80), 'malformed-frame'],
  ['binary inside', bytes(0x92, 0x11, 0xc4, 0x01, 0x61), 'malformed-frame'],
  ['a float inside', bytes(0x92, 0x12, 0xca, 0, 0, 0, 0), 'malformed-frame'],
  ['an extension inside', bytes(0x92, 0x11, 0xd4, 0x01, 0x00), 'malformed-frame'],
  [
    'a forged record definition',
    bytes(0x92, 0x11, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01),
    'malformed-frame',
  ],
  ['the reserved byte 0xc1', bytes(0x92, 0x11, 0xc1), 'malformed-frame'],
  ['arrays nested too deep', bytes(0x92, 0x10, 0x91, 0x91, 0x91, 0x91, 0xc0), 'malformed-frame'],
  [
    'too many values',
    bytes(0x92, 0x10, 0xdc, 0x02, 0x00, ...Array.from({ length: 512 }, () => 0xc0)),
    'malformed-frame',
  ],
  ['a ticket without fields', bytes(0x91, 0x02), 'invalid-field'],
  ['a ticket of unknown mode', bytes(0x95, 0x02, 0x09, 0xa0, 0x90, 0x90), 'invalid-field'],
  ['a ticket whose lobby is a number', bytes(0x95, 0x02, 0x00, 0x05, 0x90, 0x90), 'invalid-field'],
  [
    'a ticket with an empty interest',
    bytes(0x95, 0x02, 0x00, 0xa0, 0x91, 0xa0, 0x90),
    'invalid-field',
  ],
  [
    'a ticket with eleven interests',
    bytes(
      0x95,
      0x02,
      0x00,
      0xa0,
      0x9b,
      ...Array.from({ length: 11 }, () => [0xa1, 0x61]).flat(),
      0x90,
    ),
    'invalid-field',
  ],
  [
    'a ticket with a lobby too long',
    bytes(0x95, 0x02, 0x00, 0xd9, 65, ...text(65), 0x90, 0x90),
    'invalid-field',
  ],
  [
    'a ticket beyond its size',
    bytes(0x95, 0x02, 0x00, 0xda, 0x04, 0x00, ...text(1024), 0x90, 0x90),
    'frame-too-large',
  ],
  ['a next beyond its size', bytes(0x92, 0x03, 0xd9, 70, ...text(70)), 'frame-too-large'],
  ['a text beyond its size', bytes(0x92, 0x11, 0xda, 0x10, 0x70, ...text(4208)), 'frame-too-large'],
  [
    'a second hello',
    encode({ type: 'hello', name: '', site: '', client: '', token: null, resume: null }),
    'hello-repeated',
  ],
  ['matched, as if from a server', bytes(0x91, 34), 'wrong-direction'],
  ['partner-left, as if from a server', bytes(0x92, 35, 0), 'wrong-direction'],
  ['next without a ticket', bytes(0x91, 0x03), 'ticket-required'],
  ['a text without a partner', encode({ type: 'text', text: 'hi' }), 'not-in-room'],
]

test.for(malformed)('%s: %s → %s', async ([, frame, code], { startServer }) => {
  const { url } = await startServer()
  const neighbours = await RawClient.pair(url)
  const client = await RawClient.join(url, 'Mallory')
  client.sendRaw(frame)
  expect(await client.error()).toBe(code)
  await expectToTalk(...neighbours)
  // One mistake is forgiven: the client can go on.
  client.enter({ lobby: 'elsewhere' })
  await client.receive('waiting')
})

test('a forged record definition changes nothing for those who are served after it', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const mallory = await RawClient.join(url, 'Mallory')
  mallory.sendRaw(bytes(0x93, 0x02, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01, 0x01))
  expect(await mallory.error()).toBe('malformed-frame')
  // 0x40 is 64: with the record known to the decoder, it would be read as an object.
  mallory.enter({ interests: ['@'] })
  await mallory.receive('waiting')
  await expectToTalk(...(await RawClient.pair(url, 'other')))
})

test('malformed frames again and again: protocol-violation, and the client is out', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const neighbours = await RawClient.pair(url)
  const client = await RawClient.join(url, 'Mallory')
  for (let time = 1; time <= 5; time++) client.sendRaw(bytes(0xc1))
  expect(await client.closed()).toEqual({ code: 4500, reason: 'protocol-violation' })
  expect(server.status().users).toBe(2)
  await expectToTalk(...neighbours)
})

test('a type of a later version, and fields of a later version, are ignored', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const client = await RawClient.join(url, 'Newer')
  client.sendRaw(bytes(0x92, 0x7f, 0xc3))
  client.sendRaw(bytes(0x96, 0x02, 0x00, 0xa0, 0x90, 0x90, 0xa3, 0x6e, 0x65, 0x77))
  await client.receive('waiting')
  expect(client.unread).toEqual([])
})

test('a frame above the hard cap ends its connection unread, and nobody else’s', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxFrameBytes: 65_536 })
  const neighbours = await RawClient.pair(url)
  const client = await RawClient.join(url, 'Mallory')
  client.sendRaw(new Uint8Array(65_537))
  await client.closed()
  expect(server.status().users).toBe(2)
  await expectToTalk(...neighbours)
})

test('too many texts: what is too much is dropped with the time to wait, the rest arrives', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const neighbours = await RawClient.pair(url, 'next door')
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
  await expectToTalk(...neighbours)
})

test('a flood: rate-limited, and the client is out; the partner is told', async ({
  startServer,
}) => {
  const { server, url } = await startServer()
  const neighbours = await RawClient.pair(url, 'next door')
  const [one, other] = await RawClient.pair(url)
  for (let index = 0; index < 2000; index++) one.send({ type: 'typing', isTyping: true })
  expect(await one.closed()).toEqual({ code: 4003, reason: 'rate-limited' })
  expect((await other.receive('partner-left')).reason).toBe('lost')
  expect(server.status().users).toBe(3)
  await expectToTalk(...neighbours)
})

test('next and ticket above their rate are answered each time, leave is never refused', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ rematchDelayMs: 60_000 })
  const [one, other] = await RawClient.pair(url)
  for (let time = 1; time <= 12; time++) one.send({ type: 'next' })
  const errors = [await one.receive('error'), await one.receive('error')]
  for (const { code, retryAfterMs } of errors) {
    expect([code, retryAfterMs! > 0]).toEqual(['rate-limited', true])
  }
  other.send({ type: 'next' })
  await other.receive('waiting')
  const third = await RawClient.join(url, 'Third')
  third.enter()
  await third.receive('matched')
  for (let time = 1; time <= 40; time++) one.send({ type: 'leave' })
  await one.settled()
  expect(server.status()).toMatchObject({ users: 3, rooms: 0 })
  expect((await third.receive('partner-left')).reason).toBe('left')
})

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
} as const

test('more bytes than a call needs are dropped: nobody can fill a partner’s connection', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const [one, other] = await RawClient.pair(url)
  for (let time = 1; time <= 20; time++) one.send(largeSignal)
  expect(await one.error()).toBe('rate-limited')
  await one.settled()
  await other.settled()
  const arrived = other.unread.filter((type) => type === 'signal').length
  expect(arrived).toBeGreaterThanOrEqual(5)
  expect(arrived).toBeLessThan(8)
})

test('a signal in text mode is refused: nobody learns the other’s address', async ({
  startServer,
}) => {
  const { url } = await startServer()
  const [one, other] = [await RawClient.join(url, 'One'), await RawClient.join(url, 'Other')]
  one.enter({ mode: 'text' })
  other.enter({ mode: 'text' })
  await Promise.all([one.receive('matched'), other.receive('matched')])
  one.send({ type: 'signal', description: null, candidates: [], sending: null })
  expect(await one.error()).toBe('wrong-mode')
  await expectToTalk(one, other)
  expect(other.unread).toEqual([])
})

test('a client that does not read is cut before it fills the memory; the partner is told', async ({
  startServer,
}) => {
  const { server, url } = await startServer({ maxBacklogBytes: 65_536, rematchDelayMs: 0 })
  const neighbours = await RawClient.pair(url, 'next door')
  const deaf = await RawClient.join(url, 'Deaf')
  deaf.enter()
  await deaf.receive('waiting')
  deaf.socket.pause()
  const talkers: RawClient[] = []
  // One partner after the other, as none may send that much: more together than the kernel takes
  // off the server's hands.
  for (let turn = 0; turn < 40 && server.status().users === talkers.length + 3; turn++) {
    const talker = await RawClient.join(url, 'Talker')
    talkers.push(talker)
    talker.enter()
    await talker.receive('matched')
    for (let time = 1; time <= 5; time++) talker.send(largeSignal)
    talker.send({ type: 'leave' })
    await talker.settled()
    // It hears nothing, but it can speak.
    if (turn % 2 === 0) deaf.enter()
    else deaf.send({ type: 'next' })
    await vi.waitFor(() => {
      const { waiting, users } = server.status()
      expect(waiting === 1 || users === talkers.length + 2).toBe(true)
    })
  }
  expect(server.status().users).toBe(talkers.length + 2)
  deaf.socket.resume()
  await deaf.closed()
  await expectToTalk(...neighbours)
})
