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
const noEffect = 'A frame that the server answers with an error must have no other effect.'

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
])
