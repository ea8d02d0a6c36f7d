// The server answers invalid messages with a named error. Other users are not disturbed.
import type { Message } from '@buddy-chat/protocol'
import { encode, messages } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const text = (length: number): number[] => Array.from({ length }, () => 0x61)

/** One message of each type that a client may send, except hello. */
const afterHello: readonly Message[] = [
  { type: 'ticket', mode: 'video', lobby: '', interests: [], languages: [], offer: null },
  { type: 'next', offer: null },
  { type: 'leave' },
  { type: 'report', reason: 'spam', room: null },
  { type: 'ping' },
  { type: 'diagnosis', reason: 'no-path' },
  { type: 'change', interests: [], languages: [] },
  { type: 'block', room: null },
  { type: 'signal', description: null, candidates: [], sending: null, generation: null },
  { type: 'text', text: 'hi' },
  { type: 'typing', isTyping: true },
  { type: 'trust' },
  { type: 'consent', topic: 'picture', isGiven: true },
]

test.for(afterHello)(
  'answers $type before hello with `hello-required`',
  async (message, { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const client = await RawClient.connect(url)
    client.send(message)
    expect(await client.errorCode()).toBe('hello-required')
    expect(server.status()).toMatchObject({ users: 2, waiting: 0, rooms: 1 })
    // The connection stays open, so the client can still send hello.
    client.sendHello()
    await client.receive('welcome')
  },
)

test('the tests before hello cover every message that a client may send', () => {
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
  ['a type encoded in two bytes', bytes(0x91, 0xcc, 0x11), 'malformed-frame'],
  ['bytes after the end', bytes(0x91, 0x02, 0xc0, 0xc0), 'malformed-frame'],
  ['a string that is cut off', bytes(0x92, 0x11, 0xa5, 0x61), 'malformed-frame'],
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
  ['an array of 4,294,967,295', bytes(0x92, 0x10, 0xdd, 0xff, 0xff, 0xff, 0xff), 'malformed-frame'],
  ['binary of 4 GB', bytes(0x92, 0x11, 0xc6, 0xff, 0xff, 0xff, 0xff), 'malformed-frame'],
  ['a map of 4,294,967,295', bytes(0x92, 0x11, 0xdf, 0xff, 0xff, 0xff, 0xff), 'malformed-frame'],
  [
    'an extension of 4 GB',
    bytes(0x92, 0x11, 0xc9, 0xff, 0xff, 0xff, 0xff, 0x01),
    'malformed-frame',
  ],
  [
    'a map with one key twice',
    bytes(0x92, 0x02, 0x82, 0xa1, 0x61, 0x01, 0xa1, 0x61, 0x02),
    'malformed-frame',
  ],
  [
    'a map with the key __proto__',
    bytes(0x92, 0x02, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x90),
    'malformed-frame',
  ],
  ['a timestamp', bytes(0x92, 0x11, 0xd6, 0xff, 0, 0, 0, 0), 'malformed-frame'],
  ['an undefined record', bytes(0x92, 0x11, 0xd4, 0x72, 0x41), 'malformed-frame'],
  [
    'forty thousand nested arrays',
    bytes(0x92, 0x10, ...Array.from({ length: 40_000 }, () => 0x91), 0xc0),
    'malformed-frame',
  ],
  ['a text with an overlong character', bytes(0x92, 0x11, 0xa2, 0xc0, 0xaf), 'malformed-frame'],
  ['a text with a surrogate', bytes(0x92, 0x11, 0xa3, 0xed, 0xa0, 0x80), 'malformed-frame'],
  [
    'a signal whose description is not UTF-8',
    bytes(0x95, 0x10, 0x92, 0x00, 0xa1, 0xff, 0x90, 0xc0, 0xc0),
    'malformed-frame',
  ],
  [
    'a ticket whose lobby is not UTF-8',
    bytes(0x95, 0x02, 0x00, 0xa1, 0xff, 0x90, 0x90),
    'malformed-frame',
  ],
  [
    'a field of a later version that is not UTF-8',
    bytes(0x93, 0x12, 0xc3, 0xa1, 0xff),
    'malformed-frame',
  ],
  ['a report without a reason', bytes(0x91, 0x05), 'invalid-field'],
  ['a report without a partner', bytes(0x92, 0x05, 0x00), 'not-in-room'],
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
    'a ticket above its size limit',
    bytes(0x95, 0x02, 0x00, 0xda, 0xc4, 0x00, ...text(50_176), 0x90, 0x90),
    'frame-too-large',
  ],
  [
    'a next above its size limit',
    bytes(0x92, 0x03, 0xda, 0xc0, 0x00, ...text(49_152)),
    'frame-too-large',
  ],
  [
    'a text above its size limit',
    bytes(0x92, 0x11, 0xda, 0x10, 0x70, ...text(4208)),
    'frame-too-large',
  ],
  [
    'a second hello',
    encode({ type: 'hello', name: '', site: '', client: '', token: null, resume: null }),
    'hello-repeated',
  ],
  ['matched, which only servers send', bytes(0x91, 34), 'wrong-direction'],
  ['partner-left, which only servers send', bytes(0x92, 35, 0), 'wrong-direction'],
  ['next without a ticket', bytes(0x91, 0x03), 'ticket-required'],
  ['a text without a partner', encode({ type: 'text', text: 'hi' }), 'not-in-room'],
]

// Uses objects, because vitest would print the bytes of a tuple in the test name.
const cases = malformed.map(([name, frame, code]) => ({ name, frame, code }))
test.for(cases)('answers $name with `$code`', async ({ frame, code }, { startWithNeighbours }) => {
  const { url } = await startWithNeighbours()
  const client = await RawClient.join(url, 'Mallory')
  client.sendRaw(frame)
  expect(await client.errorCode()).toBe(code)
  // The connection stays open after one invalid message.
  client.enter({ lobby: 'elsewhere' })
  await client.receive('waiting')
})

test('does not decode later messages by a record definition that a client sent', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const mallory = await RawClient.join(url, 'Mallory')
  mallory.sendRaw(bytes(0x93, 0x02, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01, 0x01))
  expect(await mallory.errorCode()).toBe('malformed-frame')
  // The definition was for a msgpackr record with the id 0x40, which is also the character `@`.
  mallory.enter({ interests: ['@'] })
  await mallory.receive('waiting')
  await expectTextsRelayed(...(await RawClient.pair(url, 'other')))
})

test('closes the connection with `protocol-violation` after five malformed frames', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours()
  const client = await RawClient.join(url, 'Mallory')
  for (let time = 1; time <= 5; time++) client.sendRaw(bytes(0xc1))
  expect(await client.closed()).toEqual({ code: 4500, reason: 'protocol-violation' })
  expect(server.status().users).toBe(2)
})

test('ignores message types and fields of a later protocol version', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const client = await RawClient.join(url, 'Newer')
  client.sendRaw(bytes(0x92, 0x7f, 0xc3))
  client.sendRaw(
    bytes(0x99, 0x02, 0x00, 0xa0, 0x90, 0x90, 0xc0, 0xc0, 0xc0, 0xa3, 0x6e, 0x65, 0x77),
  )
  await client.receive('waiting')
  expect(client.unread).toEqual([])
})

test('closes the connection after a frame that is larger than any message may be', async ({
  startWithNeighbours,
}) => {
  const { server, url } = await startWithNeighbours()
  const client = await RawClient.join(url, 'Mallory')
  client.sendRaw(new Uint8Array(65_537))
  expect((await client.closed()).code).toBe(1006)
  // The server treats this close as a lost connection, so the session can be resumed.
  expect(server.status()).toMatchObject({ users: 3, away: 1 })
})
