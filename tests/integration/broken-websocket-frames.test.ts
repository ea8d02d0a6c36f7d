// Sends WebSocket frames that no library sends (RFC 6455 §5). The server accepts valid ones, and ends
// the connection after invalid ones. Other users are not disturbed.
import { encode } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { RawClient } from './raw-client.ts'
import type { WireFrame } from './raw-socket.ts'
import { opcodes, RawSocket, wireFrame } from './raw-socket.ts'

const { continuation, text, binary, close, ping, pong } = opcodes
const next = encode({ type: 'next', offer: null })
const kilobyte = new Uint8Array(1024)
const closeWith = (code: number, reason = ''): WireFrame => ({
  opcode: close,
  payload: Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]),
})

const invalidFrames: readonly [name: string, ...frames: WireFrame[]][] = [
  ['RSV1, which marks a compressed frame', { payload: next, reserved: 4 }],
  [
    'a compression bomb: a few bytes that inflate to many',
    { payload: Uint8Array.from([0xec, 0xc1, 0x01, 0x0d, 0x00, 0x00, 0x00, 0xc2]), reserved: 4 },
  ],
  ['RSV2', { payload: next, reserved: 2 }],
  ['RSV3', { payload: next, reserved: 1 }],
  ['all reserved bits', { payload: next, reserved: 7 }],
  ...[3, 4, 5, 6, 7].map((opcode): [string, WireFrame] => [
    `the reserved opcode ${opcode}`,
    { opcode, payload: next },
  ]),
  ...[11, 12, 13, 14, 15].map((opcode): [string, WireFrame] => [
    `the reserved control opcode ${opcode}`,
    { opcode, payload: next },
  ]),
  ['a ping of 126 bytes', { opcode: ping, payload: new Uint8Array(126) }],
  ['a pong of 126 bytes', { opcode: pong, payload: new Uint8Array(126) }],
  ['a ping that claims 4 GB', { opcode: ping, claimedLength: 2 ** 32 }],
  ['a close of 126 bytes', { opcode: close, payload: new Uint8Array(126) }],
  ['a fragmented ping', { opcode: ping, isFinal: false, payload: next }],
  ['a fragmented close', { opcode: close, isFinal: false, payload: next }],
  ['a continuation without a first fragment', { opcode: continuation, payload: next }],
  [
    'a fragmented message inside another',
    { payload: next.slice(0, 1), isFinal: false },
    { payload: next.slice(0, 1), isFinal: false },
    { opcode: ping },
  ],
  ['a length of 2^63', { claimedLength: 2 ** 63, lengthBytes: 8 }],
  ['a length of 4 GB', { claimedLength: 2 ** 32, lengthBytes: 8 }],
  ['a length above the cap', { claimedLength: 65_537 + 1000, payload: kilobyte }],
  ['a text frame that is not UTF-8', { opcode: text, payload: Uint8Array.from([0xff, 0xfe]) }],
  [
    'an endless message in fragments',
    { payload: kilobyte, isFinal: false },
    ...Array.from({ length: 100 }, () => ({
      opcode: continuation,
      payload: kilobyte,
      isFinal: false,
    })),
  ],
]

test.for(invalidFrames)(
  'ends the connection after %s',
  async ([, ...frames], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const socket = await RawSocket.join(url)
    socket.send(...frames)
    await socket.ended()
    // The server treats this end as a lost connection, so the session can be resumed.
    await expect.poll(() => server.status()).toMatchObject({ users: 3, away: 1 })
  },
)

test.for([
  ['without a code', { opcode: close }],
  ['1000', closeWith(1000)],
  ['1001 and a reason', closeWith(1001, 'tab closed')],
] as const)(
  'ends the session after a close frame: %s',
  async ([, frame], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const socket = await RawSocket.join(url)
    socket.send(frame)
    await socket.ended()
    await expect.poll(() => server.status()).toMatchObject({ users: 2, away: 0 })
  },
)

test.for([
  ['of one byte', { opcode: close, payload: Uint8Array.from([3]) }],
  ['0', closeWith(0)],
  ['999', closeWith(999)],
  ['1004', closeWith(1004)],
  ['1005', closeWith(1005)],
  ['1006', closeWith(1006)],
  ['1015', closeWith(1015)],
  ['2999', closeWith(2999)],
  ['5000', closeWith(5000)],
  ['65535', closeWith(65_535)],
  ['4500, which only servers send', closeWith(4500, 'protocol-violation')],
  [
    '1000 with a reason that is not UTF-8',
    { opcode: close, payload: Uint8Array.from([0x03, 0xe8, 0xff, 0xfe]) },
  ],
] as const)(
  'ends the connection after an invalid close frame (%s), and sends partner-left to the partner',
  async ([, frame], { startWithNeighbours }) => {
    const { url } = await startWithNeighbours({ resumeGraceMs: 0 })
    const partner = await RawClient.join(url, 'Partner')
    partner.enter()
    await partner.receive('waiting')
    const socket = await RawSocket.join(url)
    socket.sendMessage({
      type: 'ticket',
      mode: 'video',
      lobby: '',
      interests: [],
      languages: [],
      offer: null,
    })
    await partner.receive('matched')
    socket.send(frame)
    await socket.ended()
    await partner.receive('partner-left')
  },
)

test('does not accept an unmasked frame', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours()
  const socket = await RawSocket.join(url)
  // A server that accepted the payload unmasked would answer `waiting`.
  const ticket = encode({
    type: 'ticket',
    mode: 'video',
    lobby: '',
    interests: [],
    languages: [],
    offer: null,
  })
  socket.send({ payload: ticket, isMasked: false }, { opcode: ping, payload: Buffer.from('after') })
  socket.tcp.end()
  await socket.ended()
  expect(socket.incoming.messages.map(({ type }) => type)).not.toContain('waiting')
  expect(server.status().waiting).toBe(0)
})

test('answers a whole message inside a fragmented one with `malformed-frame`', async ({
  startWithNeighbours,
}) => {
  const { url } = await startWithNeighbours()
  const socket = await RawSocket.join(url)
  socket.send({ payload: next.slice(0, 1), isFinal: false }, { payload: next })
  expect(await socket.receive('error')).toMatchObject({ code: 'malformed-frame' })
})

test.for([2, 3, 50])(
  'accepts a message in %i fragments, with pings between them',
  async (count, { startWithNeighbours }) => {
    const { url } = await startWithNeighbours()
    const partner = await RawClient.join(url, 'Partner')
    partner.enter()
    await partner.receive('waiting')
    const socket = await RawSocket.join(url)
    socket.sendMessage({
      type: 'ticket',
      mode: 'video',
      lobby: '',
      interests: [],
      languages: [],
      offer: null,
    })
    await partner.receive('matched')
    const text = 'a text that is long enough for some fragments of several bytes'
    const frame = encode({ type: 'text', text })
    const size = Math.ceil(frame.length / count)
    for (let index = 0; index < count; index++) {
      socket.send({
        opcode: index === 0 ? binary : continuation,
        payload: frame.slice(index * size, (index + 1) * size),
        isFinal: index === count - 1,
      })
      // Control frames may stand between fragments (RFC 6455 §5.4).
      if (index < 10) socket.send({ opcode: ping, payload: Buffer.from(`between ${index}`) })
    }
    expect((await partner.receive('text')).text).toBe(text)
    await socket.pong(`between ${Math.min(count, 10) - 1}`)
  },
)

test('accepts a frame that arrives one byte at a time', async ({ startWithNeighbours }) => {
  const { url } = await startWithNeighbours()
  const socket = await RawSocket.join(url)
  socket.tcp.setNoDelay(true)
  const bytes = wireFrame({
    payload: encode({
      type: 'ticket',
      mode: 'video',
      lobby: '',
      interests: [],
      languages: [],
      offer: null,
    }),
  })
  for (const byte of bytes) {
    await new Promise<void>((resolve) => {
      socket.tcp.write(Uint8Array.of(byte), () => resolve())
    })
  }
  await socket.receive('waiting')
})

test('accepts a payload length in more bytes than it needs', async ({ startWithNeighbours }) => {
  const { url } = await startWithNeighbours()
  const socket = await RawSocket.join(url)
  const payload = encode({ type: 'next', offer: null })
  socket.send({ payload, lengthBytes: 2 }, { payload, lengthBytes: 8 })
  expect(await socket.receive('error')).toMatchObject({ code: 'ticket-required' })
  socket.send({ opcode: ping, payload: Buffer.from('alive') })
  await socket.pong('alive')
  expect(socket.isEnded).toBe(false)
})

test('accepts 20,000 empty fragments', async ({ startWithNeighbours }) => {
  const { url } = await startWithNeighbours()
  const socket = await RawSocket.join(url)
  socket.send({ payload: next.slice(0, 1), isFinal: false })
  const emptyFragment = wireFrame({ opcode: continuation, isFinal: false })
  for (let time = 1; time <= 20; time++) {
    socket.write(Buffer.concat(Array.from({ length: 1000 }, () => emptyFragment)))
  }
  socket.send({ opcode: continuation, payload: next.slice(1) })
  expect(await socket.receive('error')).toMatchObject({ code: 'ticket-required' })
})
