import { group, type CaseBody } from '../case.ts'
import { helloFields, ticketFields } from '../fields.ts'
import { bytes, pack, type Packable } from '../msgpack.ts'
import { maxBytes, types, type TypeName } from '../wire.ts'

const tooLarge = '`frame-too-large`, if the frame is longer than its type allows'
const wrongDirection = '`wrong-direction`, if only servers send the type'
const helloRequired = '`hello-required`, if there was no `welcome` yet and the type is not `hello`'
const helloRepeated =
  '`hello-repeated`, if the type is `hello`, and there was a `welcome`, or the server still handles an earlier `hello`'
const firstError =
  'The server must answer a frame with the first error in this list that applies to it:'
const invalidField = '`invalid-field`, if the direction is client and a field breaks its rule.'
const noEffect = 'A frame that the server answers with an error must have no other effect.'
const fifth =
  'The server must close a connection with 4500 right after the fifth error of the codes 1 to 6 and 15 on this connection, and not before; other errors do not count.'
const neighbours =
  'The faults of one client must not change what other clients receive, except that its room ends if its session does.'
const nilElsewhere =
  'Nil in any other field is `invalid-field`, also if the field gives unknown numbers a meaning.'

/** A frame of each type that a client sends, with valid fields. */
const valid: Readonly<Record<string, readonly Packable[]>> = {
  ticket: ticketFields(),
  next: [null],
  leave: [],
  report: [0, null],
  ping: [],
  diagnosis: [0],
  signal: [null, [], null, null],
  text: ['hello'],
  typing: [true],
  trust: [],
}

const fromClients = ['hello', ...Object.keys(valid)] as TypeName[]
const fromServers = (Object.keys(types) as TypeName[]).filter((name) => types[name] >= 32)

const frameOf = (name: TypeName): Uint8Array =>
  pack([types[name], ...(name === 'hello' ? helloFields() : (valid[name] ?? []))])

/** A frame of this type that is one byte too long, because of a field of a later version. */
function tooLong(name: TypeName): Uint8Array {
  const frame = new Uint8Array(maxBytes[name] + 1).fill(0xc0)
  frame.set([0x92, types[name], 0xdb])
  return frame
}

/** The case that a ticket with this field is refused, and changes nothing. */
function refusedTicket(
  what: string,
  ticket: Parameters<typeof ticketFields>[0],
  rule = invalidField,
): CaseBody {
  return {
    title: `refuses a ticket ${what}`,
    rule,
    run: async (t) => {
      const client = await t.join()
      t.enter(client, ticket)
      await client.nextError('invalid-field')
      // The refused ticket did not become the session's latest one.
      client.send('next', null)
      await client.nextError('ticket-required')
    },
  }
}

/** The case that a message with these fields is refused with `invalid-field`. */
function refused(
  name: TypeName,
  what: string,
  fields: readonly Packable[],
  rule = invalidField,
): CaseBody {
  return {
    title: `refuses a ${name} ${what}`,
    rule,
    run: async (t) => {
      const client = await t.join()
      client.send(name, ...fields)
      await client.nextError('invalid-field')
      await client.quiet()
    },
  }
}

const sdp = (length: number): readonly Packable[] => [[0, 'v'.repeat(length)], [], null, null]

export const faultCases = group('faults', 'core', [
  ...Object.keys(valid).map((name): CaseBody => ({
    title: `answers a ${name} before hello with hello-required`,
    rule: helloRequired,
    run: async (t) => {
      const client = await t.connect()
      client.sendBytes(frameOf(name as TypeName), name)
      await client.nextError('hello-required')
      t.sendHello(client)
      await client.next('welcome')
      await client.quiet()
    },
  })),
  {
    title: 'drops an unknown type before hello',
    rule: 'Send nothing more until `welcome` arrives: before it, the server answers any other known type with `hello-required` and drops it, and drops unknown types.',
    run: async (t) => {
      const client = await t.connect()
      client.sendBytes(bytes(0x92, 0x7f, 0xc1))
      t.sendHello(client)
      await client.next('welcome')
      await client.quiet()
    },
  },
  {
    title: 'has no queue entry from a ticket that came before hello',
    rule: noEffect,
    run: async (t) => {
      const early = await t.connect()
      t.enter(early)
      await early.nextError('hello-required')
      t.sendHello(early)
      await early.next('welcome')
      const client = await t.join()
      await t.wait(client)
      await t.quiet(client, early)
    },
  },
  ...fromClients.map((name): CaseBody => ({
    title: `refuses a ${name} of ${maxBytes[name] + 1} bytes`,
    rule: tooLarge,
    run: async (t) => {
      const client = name === 'hello' ? await t.connect() : await t.join()
      client.sendBytes(tooLong(name), name)
      await client.nextError('frame-too-large')
      await client.quiet()
    },
  })),
  ...fromServers.map((name): CaseBody => ({
    title: `refuses a ${name} from a client`,
    rule: wrongDirection,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.sendBytes(pack([types[name], 0]), name)
      await waited.nextError('wrong-direction')
      await t.quiet(waited, arrived)
    },
  })),
  {
    title: 'answers a repeated hello with hello-repeated',
    rule: helloRepeated,
    run: async (t) => {
      const client = await t.join()
      t.sendHello(client)
      await client.nextError('hello-repeated')
      await client.quiet()
    },
  },
  {
    title: 'answers a repeated hello with hello-repeated even if its fields are invalid',
    rule: firstError,
    run: async (t) => {
      const client = await t.join()
      t.sendHello(client, { name: 5 })
      await client.nextError('hello-repeated')
    },
  },
  {
    title: 'answers two hellos that are sent at once with one welcome and hello-repeated',
    rule: helloRepeated,
    run: async (t) => {
      const client = await t.connect()
      t.sendHello(client)
      t.sendHello(client)
      const answers = [(await client.nextAny()).name, (await client.nextAny()).name]
      answers.sort()
      if (answers.join() !== 'error,welcome') t.fail(`the answers are ${answers.join()}`)
      await client.quiet()
    },
  },
  {
    title: 'checks the length before the direction',
    rule: firstError,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(tooLong('welcome'))
      await client.nextError('frame-too-large')
    },
  },
  {
    title: 'checks the length before it requires hello',
    rule: firstError,
    run: async (t) => {
      const client = await t.connect()
      client.sendBytes(tooLong('text'))
      await client.nextError('frame-too-large')
    },
  },
  {
    title: 'checks the direction before it requires hello',
    rule: firstError,
    run: async (t) => {
      const client = await t.connect()
      client.sendBytes(frameOf('stats'))
      await client.nextError('wrong-direction')
    },
  },
  {
    title: 'checks the direction before the bytes',
    rule: firstError,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(bytes(0x92, types.matched, 0xc1))
      await client.nextError('wrong-direction')
    },
  },
  {
    title: 'requires hello before it checks the bytes',
    rule: firstError,
    run: async (t) => {
      const client = await t.connect()
      client.sendBytes(bytes(0x92, types.typing, 0xc1))
      await client.nextError('hello-required')
    },
  },
  {
    title: 'checks the bytes before the fields',
    rule: firstError,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(bytes(0x93, types.report, 0xc0, 0xc1))
      await client.nextError('malformed-frame')
    },
  },
  {
    title: 'checks the bytes before it looks for a partner',
    rule: firstError,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(bytes(0x92, types.typing, 0xc1))
      await client.nextError('malformed-frame')
    },
  },
  refusedTicket('of an unknown mode', { mode: 3 }),
  refusedTicket('whose mode is nil', { mode: null }, nilElsewhere),
  refusedTicket('whose mode is a string', { mode: 'video' }),
  refusedTicket('whose mode is negative', { mode: -1 }),
  refusedTicket('whose lobby has 65 bytes', { lobby: 'x'.repeat(65) }),
  refusedTicket('whose lobby is nil', { lobby: null }, nilElsewhere),
  refusedTicket('with 11 interests', { interests: Array.from({ length: 11 }, (_, n) => `i${n}`) }),
  refusedTicket('with an interest of 49 bytes', { interests: ['x'.repeat(49)] }),
  refusedTicket('with an empty interest', { interests: [''] }),
  refusedTicket('with an interest that is an integer', { interests: [5] }),
  refusedTicket('whose interests are a string', { interests: 'jazz' }),
  refusedTicket('with 9 languages', { languages: Array.from({ length: 9 }, () => 'en') }),
  refusedTicket('with a language of 36 bytes', { languages: ['x'.repeat(36)] }),
  refusedTicket('with an empty language', { languages: [''] }),
  refusedTicket('whose offer is a string', { offer: 'v=0' }),
  refusedTicket(
    'whose offer has no candidates',
    { offer: [[0, 'v=0'], null, null, null] },
    nilElsewhere,
  ),
  refusedTicket('whose offer has an empty sdp', { offer: sdp(0) }),
  refusedTicket('whose offer has an sdp of 32,769 bytes', { offer: sdp(32_769) }),
  refusedTicket('whose offer has an unknown type of description', {
    offer: [[2, 'v=0'], [], null, null],
  }),
  refusedTicket('whose offer has 65 candidates', {
    offer: [null, Array.from({ length: 65 }, () => ['']), null, null],
  }),
  refusedTicket('whose offer has a candidate of 1025 bytes', {
    offer: [null, [['x'.repeat(1025)]], null, null],
  }),
  refusedTicket('whose offer has a sending without video', { offer: [null, [], [true], null] }),
  refusedTicket('whose offer has generation 256', { offer: [null, [], null, 256] }),
  refused('report', 'without a reason', []),
  refused('report', 'whose reason is nil', [null, null], nilElsewhere),
  refused('report', 'whose reason is a string', ['spam', null]),
  refused('report', 'whose room has 65 bytes', [0, 'x'.repeat(65)]),
  refused('report', 'whose room is an integer', [0, 5]),
  refused('diagnosis', 'without a reason', []),
  refused('diagnosis', 'whose reason is nil', [null], nilElsewhere),
  refused('diagnosis', 'whose reason is a boolean', [true]),
  refused('next', 'whose offer is an integer', [5]),
  {
    title: 'keeps the ticket in the queue after a refused one',
    rule: noEffect,
    run: async (t) => {
      const client = await t.join()
      await t.wait(client)
      t.enter(client, { lobby: 5 })
      await client.nextError('invalid-field')
      const other = await t.join()
      t.enter(other)
      await other.next('matched')
      await client.next('matched')
    },
  },
  {
    title: 'keeps the room after a refused ticket and a refused next',
    rule: noEffect,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      t.enter(waited, { mode: 9 })
      await waited.nextError('invalid-field')
      waited.send('next', 'v=0')
      await waited.nextError('invalid-field')
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
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
