import { group } from '../case.ts'
import { check, equal, Skip } from '../failure.ts'
import { bytes, pack, type Packable } from '../msgpack.ts'
import { maxBytes, types, unknownType } from '../wire.ts'

const selects = 'If the client offers `buddy.v1`, alone or among others, the server must select it.'
const unsupported =
  'If the client does not offer `buddy.v1`, the server must accept the WebSocket nevertheless, send the error `unsupported-version`, and close with 4502.'
const fragments = 'The server must accept a message that arrives in several WebSocket fragments.'
const pongs =
  'The server must answer each WebSocket ping with a pong of the same payload, also before `hello`.'
const maximum = 'The server must accept every message up to the maximum of its type.'
const hardCap =
  "If a frame is longer than the server's hard cap, which is at least 65,536 bytes, the server must end the connection, without a code or with 1009."

/** Returns a frame of exactly this length: a message with a string as additional last field. */
function padded(length: number, ...fields: readonly Packable[]): Uint8Array {
  for (let size = length; size > 0; size--) {
    const frame = pack([...fields, 'x'.repeat(size)])
    if (frame.length === length) return frame
    // The head of the string has at most five bytes, so few sizes remain after the first step.
    if (frame.length > length + 5) size -= frame.length - length - 5
  }
  throw new Error(`no frame has ${length} bytes`)
}

/** As many fields without a value. */
const nils = (count: number): readonly null[] => Array.from({ length: count }, () => null)

export const connectionCases = group('connection', 'core', [
  {
    title: 'opens a WebSocket at the given address',
    rule: 'The server must accept WebSockets at the path `/ws`.',
    run: async (t) => {
      await t.connect()
    },
  },
  {
    title: 'selects buddy.v1 if it is the only offer',
    rule: selects,
    run: async (t) => {
      const client = await t.connect()
      equal(client.socket.protocol, 'buddy.v1', 'the selected subprotocol')
    },
  },
  {
    title: 'selects buddy.v1 if it is the last of several offers',
    rule: selects,
    run: async (t) => {
      const client = await t.connect({ protocols: ['buddy.v9', 'chat', 'buddy.v1'] })
      equal(client.socket.protocol, 'buddy.v1', 'the selected subprotocol')
      t.sendHello(client)
      await client.next('welcome')
    },
  },
  {
    title: 'refuses a client that offers no subprotocol',
    rule: unsupported,
    run: async (t) => {
      const client = await t.connect({ protocols: [] })
      await client.nextError('unsupported-version')
      await client.nextClose('unsupported-version')
    },
  },
  {
    title: 'refuses a client that offers only other subprotocols',
    rule: unsupported,
    run: async (t) => {
      const client = await t.connect({ protocols: ['buddy.v2', 'chat'] })
      await client.nextError('unsupported-version')
      await client.nextClose('unsupported-version')
    },
  },
  {
    title: 'selects the first of several other subprotocols before it refuses the client',
    rule: 'For this it selects the first subprotocol that the client offers, because a browser would not open the WebSocket otherwise.',
    run: async (t) => {
      const client = await t.connect({ protocols: ['buddy.v2', 'chat'] })
      equal(client.socket.protocol, 'buddy.v2', 'the selected subprotocol')
      await client.nextError('unsupported-version')
      await client.nextClose('unsupported-version')
    },
  },
  {
    title: 'sends nothing before hello',
    rule: 'Before the first `hello`, the server must send nothing but errors, and `going-away` if it stops.',
    run: async (t) => {
      const client = await t.connect()
      await t.pause(300)
      await client.quiet()
    },
  },
  {
    title: 'answers a WebSocket ping before hello',
    rule: pongs,
    run: async (t) => {
      const client = await t.connect()
      await client.pong(bytes(1, 2, 3))
    },
  },
  {
    title: 'answers a WebSocket ping with the longest payload',
    rule: pongs,
    run: async (t) => {
      const client = await t.join()
      await client.pong(new Uint8Array(125).fill(0xab))
    },
  },
  {
    title: 'answers a WebSocket ping without payload',
    rule: pongs,
    run: async (t) => {
      const client = await t.join()
      await client.pong(new Uint8Array())
    },
  },
  {
    title: 'reads a hello that arrives in fragments of one byte',
    rule: fragments,
    run: async (t) => {
      const client = await t.connect()
      const hello = pack([types.hello, 'Ana', t.target.site, 'x', t.target.token ?? null, null])
      for (const [index, byte] of hello.entries()) {
        client.socket.send(bytes(byte), { binary: true, fin: index === hello.length - 1 })
      }
      await client.next('welcome')
    },
  },
  {
    title: 'reads a fragmented ticket with a ping between its fragments',
    rule: fragments,
    run: async (t) => {
      const client = await t.join()
      const ticket = pack([types.ticket, t.mode, t.lobby, [], [], null])
      client.socket.send(ticket.subarray(0, 5), { binary: true, fin: false })
      client.socket.ping(bytes(7))
      client.socket.send(ticket.subarray(5), { binary: true, fin: true })
      await client.next('waiting')
    },
  },
  {
    title: 'relays a fragmented frame as one message',
    rule: fragments,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frame = pack([types.signal, null, [], null, 7])
      waited.socket.send(frame.subarray(0, 1), { binary: true, fin: false })
      waited.socket.send(frame.subarray(1), { binary: true, fin: true })
      await arrived.nextRelayed(frame)
    },
  },
  {
    title: 'serves a client that offers compression',
    rule: 'The server must accept WebSockets at the path `/ws`.',
    run: async (t) => {
      const client = await t.join({}, { compresses: true })
      t.enter(client, { interests: Array.from({ length: 10 }, () => 'x'.repeat(48)) })
      await client.next('waiting')
    },
  },
  {
    title: 'closes a connection without hello',
    rule: 'If no valid `hello` arrives in time (10 s unless configured), the server must send `hello-required` and close with 4004.',
    waitsMs: 30_000,
    run: async (t) => {
      const client = await t.connect()
      await client.closedAfter('hello-required', 'hello-timeout', 30_000)
    },
  },
  {
    title: 'closes a connection that has sent only an invalid hello',
    rule: 'If no valid `hello` arrives in time (10 s unless configured), the server must send `hello-required` and close with 4004.',
    waitsMs: 30_000,
    run: async (t) => {
      const client = await t.connect()
      client.sendHello({ name: 5 })
      await client.nextError('invalid-field')
      await client.closedAfter('hello-required', 'hello-timeout', 30_000)
    },
  },
  {
    title: 'does not close a connection with a session for a missing hello',
    rule: 'If no valid `hello` arrives in time (10 s unless configured), the server must send `hello-required` and close with 4004.',
    waitsMs: 30_000,
    run: async (t) => {
      const late = await t.connect()
      const client = await t.join()
      await late.closedAfter('hello-required', 'hello-timeout', 30_000)
      await client.quiet()
    },
  },
  {
    title: 'accepts a text of the maximum length',
    rule: maximum,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.requireText(waited)
      await arrived.nextRelayed(waited.send('text', '€'.repeat(1365) + 'x'))
    },
  },
  {
    title: 'relays a text frame of the maximum length, which has a field of a later version',
    rule: maximum,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.requireText(waited)
      const frame = padded(maxBytes.text, types.text, 'x'.repeat(4000))
      waited.sendBytes(frame)
      await arrived.nextRelayed(frame)
    },
  },
  {
    title: 'relays a signal of the maximum length',
    rule: maximum,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frame = padded(maxBytes.signal, types.signal, [0, 'v'.repeat(32_768)], [], null, 0)
      waited.sendBytes(frame)
      await arrived.nextRelayed(frame)
    },
  },
  {
    title: 'accepts a ticket of the maximum length',
    rule: maximum,
    run: async (t) => {
      const client = await t.join()
      const frame = padded(maxBytes.ticket, types.ticket, t.mode, t.lobby, [], [], ...nils(3))
      client.sendBytes(frame)
      await client.next('waiting')
    },
  },
  {
    title: 'accepts a hello of the maximum length',
    rule: maximum,
    run: async (t) => {
      const client = await t.connect()
      const { site, token = null } = t.target
      const frame = padded(maxBytes.hello, types.hello, 'Ana', site, 'x', token, ...nils(3))
      client.sendBytes(frame, 'hello')
      await client.next('welcome')
    },
  },
  {
    title: 'drops a frame of an unknown type with 65,536 bytes, and keeps the connection',
    rule: hardCap,
    run: async (t) => {
      const client = await t.join()
      const frame = new Uint8Array(65_536).fill(0xc1)
      frame.set([0x92, unknownType])
      client.sendBytes(frame)
      await client.quiet()
    },
  },
  {
    title: 'ends the connection of a client that sends 16 MB in one frame',
    rule: hardCap,
    run: async (t) => {
      const client = await t.join()
      const neighbours = await t.pair()
      client.sendBytes(new Uint8Array(16_777_216).fill(0xc1))
      if (!(await client.endsUnanswered()))
        throw new Skip('the hard cap of this server is above 16 MB')
      const { code } = await client.ended()
      check(code === 1006 || code === 1009, `the close code is ${code}, expected 1006 or 1009`)
      await t.checkRelay(neighbours.waited, neighbours.arrived)
    },
  },
])
