import { group } from '../case.ts'
import { helloFields, ticketFields } from '../fields.ts'
import { bytes, pack, type Packable } from '../msgpack.ts'
import { maxBytes, types, type TypeName } from '../wire.ts'

const fifth =
  'The server must close a connection with 4500 right after the fifth error of the codes 1 to 6 and 15 on this connection, and not before; other errors do not count.'
const neighbours =
  'The faults of one client must not change what other clients receive, except that its room ends if its session does.'

/** A frame of each type that a client sends, with valid fields. */
const valid: Readonly<Record<string, readonly Packable[]>> = {
  ticket: ticketFields(),
  next: [null],
  leave: [],
  report: [0, null],
  ping: [],
  diagnosis: [0],
  change: [[], [], null, null],
  block: [null],
  signal: [null, [], null, null],
  text: ['hello'],
  typing: [true],
  trust: [],
  consent: [1, true],
}

const frameOf = (name: TypeName): Uint8Array =>
  pack([types[name], ...(name === 'hello' ? helloFields() : (valid[name] ?? []))])

/** A frame of this type that is one byte too long, because of a field of a later version. */
function tooLong(name: TypeName): Uint8Array {
  const frame = new Uint8Array(maxBytes[name] + 1).fill(0xc0)
  frame.set([0x92, types[name], 0xdb])
  return frame
}

export const faultLimitCases = group('fault-limit', 'core', [
  {
    title: 'closes after the fifth malformed frame',
    rule: fifth,
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 5; time++) {
        client.sendBytes(bytes(0xc1))
        await client.nextError('malformed-frame')
      }
      await client.nextClose('protocol-violation')
    },
  },
  {
    title: 'does not close after the fourth fault',
    rule: fifth,
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 4; time++) {
        client.sendBytes(bytes(0xc1))
        await client.nextError('malformed-frame')
      }
      await client.quiet()
      await t.wait(client)
    },
  },
  {
    title: 'counts faults of all kinds together',
    rule: fifth,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(bytes(0xc1))
      await client.nextError('malformed-frame')
      client.send('report')
      await client.nextError('invalid-field')
      client.sendBytes(tooLong('ping'))
      await client.nextError('frame-too-large')
      client.sendBytes(frameOf('stats'))
      await client.nextError('wrong-direction')
      t.sendHello(client)
      await client.nextError('hello-repeated')
      await client.nextClose('protocol-violation')
    },
  },
  {
    title: 'counts faults before hello',
    rule: fifth,
    run: async (t) => {
      const client = await t.connect()
      for (let time = 1; time <= 5; time++) {
        client.send('ping')
        await client.nextError('hello-required')
      }
      await client.nextClose('protocol-violation')
    },
  },
  {
    title: 'counts faults before and after welcome together',
    rule: fifth,
    run: async (t) => {
      const client = await t.connect()
      for (let time = 1; time <= 4; time++) {
        client.send('ping')
        await client.nextError('hello-required')
      }
      t.sendHello(client)
      await client.next('welcome')
      client.sendBytes(bytes(0xc1))
      await client.nextError('malformed-frame')
      await client.nextClose('protocol-violation')
    },
  },
  {
    title: 'does not count not-in-room and ticket-required as faults',
    rule: fifth,
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 6; time++) {
        client.sendSignal()
        await client.nextError('not-in-room')
      }
      client.send('next', null)
      await client.nextError('ticket-required')
      await client.quiet()
    },
  },
  {
    title: 'handles no frame after the fifth fault',
    rule: fifth,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 5; time++) waited.sendBytes(bytes(0xc1))
      waited.sendSignal(200)
      for (let time = 1; time <= 5; time++) await waited.nextError('malformed-frame')
      await waited.nextClose('protocol-violation')
      await arrived.nextPartnerLeft('lost')
    },
  },
  {
    title: 'ends the session of a client that it closes for its faults',
    rule: 'When the server closes a connection with a code other than 4000, 4005 and 4508, the session must end too.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      for (let time = 1; time <= 5; time++) arrived.sendBytes(bytes(0xc1))
      for (let time = 1; time <= 5; time++) await arrived.nextError('malformed-frame')
      await arrived.nextClose('protocol-violation')
      await waited.nextPartnerLeft('lost')
      await waited.quiet()
    },
  },
  {
    title: 'serves a pair while another client is closed for its faults',
    rule: neighbours,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const client = await t.join()
      for (let time = 1; time <= 5; time++) client.sendBytes(bytes(0x92, types.text, 0xc1))
      await client.ended()
      await t.checkRelay(waited, arrived)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'serves the other clients while one sends random bytes',
    rule: neighbours,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const client = await t.join()
      let seed = 7
      const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) & 0xff
      for (let time = 1; time <= 50; time++) {
        client.sendBytes(Uint8Array.from({ length: random() }, random))
      }
      await client.ended()
      await t.checkRelay(waited, arrived)
      await t.quiet(waited, arrived)
    },
  },
])
