// The server answers invalid WebSocket handshakes with an HTTP error or closes the connection. Other
// users are not disturbed.
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { test } from './neighbours-fixture.ts'
import { handshake, RawSocket } from './raw-socket.ts'

const refused: readonly [name: string, request: string, status: number][] = [
  ['no Sec-WebSocket-Version', handshake({ 'Sec-WebSocket-Version': undefined }), 426],
  ['version 8', handshake({ 'Sec-WebSocket-Version': '8' }), 426],
  ['a version that is not a number', handshake({ 'Sec-WebSocket-Version': 'thirteen' }), 426],
  ['two versions', handshake({ 'Sec-WebSocket-Version': '13, 8' }), 426],
  ['no key', handshake({ 'Sec-WebSocket-Key': undefined }), 426],
  ['an empty key', handshake({ 'Sec-WebSocket-Key': '' }), 426],
  ['a key too short', handshake({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), 426],
  ['a key too long', handshake({ 'Sec-WebSocket-Key': 'A'.repeat(100) }), 426],
  ['no Upgrade', handshake({ Upgrade: undefined }), 426],
  ['an Upgrade to another protocol', handshake({ Upgrade: 'h2c' }), 426],
  ['a plain GET', 'GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n', 426],
  ['POST', handshake({ 'Content-Length': '0' }, 'POST /ws HTTP/1.1'), 405],
  ['PUT', handshake({ 'Content-Length': '0' }, 'PUT /ws HTTP/1.1'), 405],
  ['another path', handshake({}, 'GET /elsewhere HTTP/1.1'), 404],
  ['a path with ..', handshake({}, 'GET /../../etc/passwd HTTP/1.1'), 404],
  ['HTTP/1.0', handshake({}, 'GET /ws HTTP/1.0'), 505],
  ['HTTP/3', handshake({}, 'GET /ws HTTP/3'), 505],
  ['no Host', handshake({ Host: undefined }), 400],
  ['a header of 70 kB', handshake({ 'X-Long': 'x'.repeat(70_000) }), 431],
  [
    'three hundred headers',
    handshake(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`X-${index}`, 'x']))),
    431,
  ],
  [
    'a TLS handshake on a port without TLS',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc',
    505,
  ],
]

test.for(refused)(
  'answers %s with an HTTP error',
  async ([, request, status], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const socket = await RawSocket.connect(url)
    socket.write(Buffer.from(request, 'latin1'))
    expect(await socket.status()).toBe(status)
    // The response states the supported version (RFC 6455 §4.4).
    if (status === 426) expect(socket.head).toMatch(/^Sec-WebSocket-Version: 13$/m)
    expect(server.status().users).toBe(2)
  },
)

test('closes the connection after random bytes', async ({ startWithNeighbours }) => {
  const { server, url } = await startWithNeighbours()
  for (let time = 1; time <= 20; time++) {
    const socket = await RawSocket.connect(url)
    socket.tcp.end(randomBytes(1 + time * 200))
    await socket.ended()
  }
  expect(server.status().users).toBe(2)
})

// Header names and the Upgrade token are case-insensitive (RFC 9110).
test.for([
  [
    'header names in upper case',
    handshake().replaceAll(/^[\w-]+(?=:)/gm, (name) => name.toUpperCase()),
  ],
  ['an Upgrade token in mixed case', handshake({ Upgrade: 'WebSocket' })],
  ['a query', handshake({}, 'GET /ws?a=b HTTP/1.1')],
  [
    'buddy.v1 among other subprotocols',
    handshake({ 'Sec-WebSocket-Protocol': 'soap, buddy.v9 ,buddy.v1' }),
  ],
] as const)('accepts a handshake with %s', async ([, request], { startWithNeighbours }) => {
  const { url } = await startWithNeighbours()
  const socket = await RawSocket.connect(url)
  socket.write(request)
  expect(await socket.status()).toBe(101)
  expect(socket.head).toMatch(/^Sec-WebSocket-Protocol: buddy\.v1$/m)
})

test('does not use compression if a client offers it', async ({ startWithNeighbours }) => {
  const { url } = await startWithNeighbours()
  const socket = await RawSocket.connect(url)
  socket.write(
    handshake({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }),
  )
  expect(await socket.status()).toBe(101)
  expect(socket.head).not.toMatch(/^Sec-WebSocket-Extensions/im)
})

test.for([
  ['no subprotocol', undefined],
  ['an empty subprotocol', ''],
  ['another version', 'buddy.v2'],
  ['the subprotocol in upper case', 'BUDDY.V1'],
  ['the subprotocol with a suffix', 'buddy.v1.evil'],
  ['a list of empty subprotocols', ',,,,'],
] as const)(
  'refuses %s with `unsupported-version`',
  async ([, offered], { startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const socket = await RawSocket.connect(url)
    socket.write(handshake({ 'Sec-WebSocket-Protocol': offered }))
    expect(await socket.receive('error')).toMatchObject({ code: 'unsupported-version' })
    expect(await socket.ended()).toEqual({ code: 4502, reason: 'unsupported-version' })
    expect(server.status().users).toBe(2)
  },
)

const half = 'GET /ws HTTP/1.1\r\nHost: localhost\r\n'
const unfinished: readonly (readonly string[])[] = [
  [],
  [half],
  ['SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  // Sends one header a second, for longer than the server waits for a request.
  [half, ...Array.from({ length: 60 }, (_, index) => `X-${index}: x\r\n`)],
]

test(
  'closes connections that send nothing, half a request, another protocol, or an endless request',
  { timeout: 40_000 },
  async ({ startWithNeighbours }) => {
    const { server, url } = await startWithNeighbours()
    const endings = unfinished.map(async (pieces) => {
      const socket = await RawSocket.connect(url)
      const rest = [...pieces]
      socket.write(rest.shift() ?? '')
      const timer = setInterval(() => socket.write(rest.shift() ?? ''), 1000)
      await socket.ended(30_000).finally(() => clearInterval(timer))
    })
    await Promise.all(endings)
    expect(server.status().users).toBe(2)
  },
)
