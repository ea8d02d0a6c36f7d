import { group, type CaseBody } from '../case.ts'
import { bytes, pack, type Packable } from '../msgpack.ts'
import { modes, types, type TypeName } from '../wire.ts'

const bytesUnchanged = 'The server must relay a frame of direction partner byte for byte.'
const inOrder = 'The server must relay the frames of a client in the order in which they arrive.'
const onlyPartner =
  "The server must relay a frame only to the client that is the sender's partner when the frame arrives."
const notInRoom =
  'The server must answer a frame of direction partner outside a room with `not-in-room`.'
const noAnswer = 'The server must not answer a frame that it has relayed.'
const matchedFirst = 'The server must send `matched` before any frame of the partner in this room.'
const wrongMode =
  '`wrong-mode`, if the type is `signal` or `trust`, and the mode of the latest ticket is text'
const withinRates = 'The server must accept frames within the rates.'

/** The case that this frame reaches the partner unchanged, and that its sender gets no answer. */
function relayed(name: TypeName, what: string, ...fields: readonly Packable[]): CaseBody {
  return {
    title: `relays a ${name} ${what}`,
    rule: bytesUnchanged,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      if (name === 'text' || name === 'typing') t.requireText(waited)
      await arrived.nextRelayed(waited.send(name, ...fields))
      await waited.nextRelayed(arrived.send(name, ...fields))
      await t.quiet(waited, arrived)
    },
  }
}

const candidate = 'candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host'

export const relayCases = group('relay', 'core', [
  relayed('signal', 'with a description', [0, 'v=0\r\n'], [], [true, true], null),
  relayed(
    'signal',
    'with candidates',
    null,
    [
      [candidate, '0', 0, 'Zk9q'],
      ['', null, null, null],
    ],
    null,
    1,
  ),
  relayed('signal', 'without any part', null, [], null, null),
  relayed('trust', 'without fields'),
  relayed('text', 'with characters of every length', 'Hello ñ€👋'),
  relayed('typing', 'that is true', true),
  relayed('typing', 'that is false', false),
  {
    title: 'relays 60 signals in order',
    rule: inOrder,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frames = Array.from({ length: 60 }, (_, index) => waited.sendSignal(index))
      for (const frame of frames) await arrived.nextRelayed(frame)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'relays frames of both types in order, in both directions at once',
    rule: inOrder,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.requireText(waited)
      const sent = (from: typeof waited, prefix: string) =>
        Array.from({ length: 8 }, (_, index) =>
          index % 2 ? from.sendSignal(index) : from.send('text', `${prefix}${index}`),
        )
      const [there, back] = [sent(waited, 'a'), sent(arrived, 'b')]
      for (const frame of there) await arrived.nextRelayed(frame)
      for (const frame of back) await waited.nextRelayed(frame)
    },
  },
  {
    title: 'relays to the partner only',
    rule: onlyPartner,
    run: async (t) => {
      const first = await t.pair()
      const second = await t.pair()
      const waiting = await t.join()
      await t.wait(waiting)
      await first.arrived.nextRelayed(first.waited.sendSignal(3))
      await t.quiet(first.waited, first.arrived, second.waited, second.arrived, waiting)
    },
  },
  {
    title: 'does not relay to a later partner what was sent to the earlier one',
    rule: onlyPartner,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const third = await t.join()
      await t.wait(third)
      arrived.send('next', null)
      // These arrive while the sender may not know yet that its partner has gone.
      for (let time = 1; time <= 3; time++) waited.sendSignal(time)
      await arrived.next('matched')
      await third.next('matched')
      await waited.nextPartnerLeft('next')
      for (let time = 1; time <= 3; time++) await waited.nextError('not-in-room')
      await t.quiet(third, arrived)
    },
  },
  {
    title: 'relays what was sent before next to the earlier partner only',
    rule: onlyPartner,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const third = await t.join()
      await t.wait(third)
      const last = arrived.sendSignal(9)
      arrived.send('next', null)
      await waited.nextRelayed(last)
      await waited.nextPartnerLeft('next')
      await arrived.next('matched')
      await third.next('matched')
      await t.quiet(third, waited)
    },
  },
  {
    title: 'does not send a frame back to its sender',
    rule: noAnswer,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      await arrived.nextRelayed(waited.sendSignal())
      await waited.quiet()
    },
  },
  {
    title: 'sends matched before the first frame of the partner',
    rule: matchedFirst,
    run: async (t) => {
      const waited = await t.join()
      await t.wait(waited)
      const arrived = await t.join()
      t.enter(arrived)
      await arrived.next('matched')
      const frame = arrived.sendSignal(1)
      await waited.next('matched')
      await waited.nextRelayed(frame)
    },
  },
  ...(['signal', 'text', 'typing', 'trust'] as const).map((name): CaseBody => ({
    title: `answers a ${name} outside a room with not-in-room`,
    rule: notInRoom,
    run: async (t) => {
      const client = await t.join()
      if (name === 'text' || name === 'typing') t.requireText(client)
      const fields = { signal: [null, [], null, null], text: ['hello'], typing: [true], trust: [] }
      client.send(name, ...fields[name])
      await client.nextError('not-in-room')
      await client.quiet()
    },
  })),
  {
    title: 'answers a signal in the queue with not-in-room',
    rule: notInRoom,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      client.sendSignal()
      await client.nextError('not-in-room')
    },
  },
  {
    title: 'answers a signal after the own leave with not-in-room',
    rule: notInRoom,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.send('leave')
      waited.sendSignal()
      await waited.nextError('not-in-room')
      await arrived.nextPartnerLeft('left')
      arrived.sendSignal()
      await arrived.nextError('not-in-room')
    },
  },
  ...(['signal', 'trust'] as const).map((name): CaseBody => ({
    title: `refuses a ${name} in text mode`,
    rule: wrongMode,
    run: async (t) => {
      const probe = await t.join()
      t.requireText(probe)
      const { waited, arrived } = await t.pair({ mode: modes.text })
      if (name === 'signal') waited.sendSignal()
      else waited.send('trust')
      await waited.nextError('wrong-mode')
      await arrived.nextRelayed(waited.send('text', 'hello'))
      await t.quiet(waited, arrived)
    },
  })),
  {
    title: 'relays typing and texts in text mode',
    rule: bytesUnchanged,
    run: async (t) => {
      const probe = await t.join()
      t.requireText(probe)
      const { waited, arrived } = await t.pair({ mode: modes.text })
      await arrived.nextRelayed(waited.send('typing', true))
      await arrived.nextRelayed(waited.send('text', 'hello'))
      await waited.nextRelayed(arrived.send('typing', false))
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'refuses a signal in the queue for text',
    rule: wrongMode,
    run: async (t) => {
      const client = await t.join()
      t.requireText(client)
      await t.wait(client, { mode: modes.text })
      client.sendSignal()
      await client.nextError('wrong-mode')
    },
  },
  {
    title: 'accepts signals again after a ticket of another mode',
    rule: wrongMode,
    run: async (t) => {
      const client = await t.join()
      t.requireText(client)
      await t.wait(client, { mode: modes.text })
      await t.wait(client)
      const other = await t.join()
      t.enter(other)
      await other.next('matched')
      await client.next('matched')
      await t.checkRelay(client, other)
    },
  },
  {
    title: 'accepts 10 texts and 90 signals at once',
    rule: withinRates,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.requireText(waited)
      const frames = [
        ...Array.from({ length: 10 }, (_, index) => waited.send('text', `text ${index}`)),
        ...Array.from({ length: 90 }, (_, index) => waited.sendSignal(index)),
      ]
      for (const frame of frames) await arrived.nextRelayed(frame)
    },
  },
  {
    title: 'accepts 10 tickets and 10 nexts at once',
    rule: withinRates,
    run: async (t) => {
      const client = await t.join()
      for (let time = 1; time <= 10; time++) t.enter(client)
      for (let time = 1; time <= 10; time++) client.send('next', null)
      for (let time = 1; time <= 20; time++) await client.next('waiting')
      await client.quiet()
    },
  },
  {
    title: 'accepts 262,144 bytes to the partner at once',
    rule: 'To a partner, of all types with direction partner together: 262,144 bytes at once, 65,536 per second.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frame = pack([types.signal, [0, 'v'.repeat(32_700)], [], null, null])
      for (let time = 1; time <= 8; time++) waited.sendBytes(frame, 'signal')
      for (let time = 1; time <= 8; time++) await arrived.nextRelayed(frame)
      await t.quiet(waited, arrived)
    },
  },
  {
    title: 'relays a frame to the partner with valid bytes and invalid fields, or refuses it',
    rule: 'For messages of direction partner, the server may check the fields, but need not.',
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const frame = bytes(0x92, types.signal, 0x05)
      waited.sendBytes(frame)
      await waited.barrier()
      const [answer] = waited.unread
      if (answer) await waited.nextError('invalid-field')
      else await arrived.nextRelayed(frame)
      await t.quiet(waited, arrived)
    },
  },
])
