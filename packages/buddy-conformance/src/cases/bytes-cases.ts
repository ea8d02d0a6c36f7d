import { group, type CaseBody } from '../case.ts'
import { equal } from '../failure.ts'
import { bytes, longForm, pack, utf8, type Packable } from '../msgpack.ts'
import { types, unknownType } from '../wire.ts'

const kinds =
  'A receiver refuses everything else (maps, binary, floats, extensions) with `malformed-frame`:'
const strings =
  'Strings are valid UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.'
const longer = 'An integer or a length may be encoded in a longer form than it needs.'
const nested = 'Arrays are nested at most 4 deep, including the frame itself.'
const shortForm = 'The frame itself is an array of the short form: its first byte is `91` – `9f`.'
const secondByte = 'Its second byte is the type, an integer below 128.'
const noByteAfter = 'No byte follows the array.'
const laterFields =
  '**Ignore types that you do not know, and fields after those that you know.**'.replaceAll(
    '**',
    '',
  )
const laterRules = 'Fields after the known ones follow the rules of this section.'
const laterNested = 'The arrays inside a message may have such fields too, except lists.'
const unknownTypes =
  "A receiver ignores a frame of an unknown type whatever follows its second byte, because a later version may use other values; only the server's hard cap on bytes applies to it."
const breaksBytes = '`malformed-frame`, if the frame breaks a rule of bytes'
const checksPartner =
  'A receiver refuses a frame with any other string; the server checks frames to the partner too.'
const malformed =
  '`malformed-frame`, if the frame is not binary, is empty, or does not begin with a byte from `91` to `9f` and a byte below `80`'

/** A `signal` with this value as an additional last field. */
const signalWith = (...extra: readonly Packable[]): Uint8Array =>
  pack([types.signal, null, [], null, 0, ...extra])

/** A `signal` whose additional last field begins with these bytes. */
const signalWithBytes = (...extra: readonly number[]): Uint8Array => signalWith(bytes(extra))

/** The case that a frame for the partner is refused, and that the room continues. */
function refusedInRoom(what: string, rule: string, frame: () => Uint8Array): CaseBody {
  return {
    title: `refuses a frame to the partner ${what}`,
    rule,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.sendBytes(frame())
      await waited.nextError('malformed-frame')
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  }
}

/** The case that a message to the server is refused, and has no effect. */
function refusedByServer(
  what: string,
  rule: string,
  frame: (lobby: string) => Uint8Array,
): CaseBody {
  return {
    title: `refuses a message to the server ${what}`,
    rule,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(frame(t.lobby))
      await client.nextError('malformed-frame')
      await client.quiet()
    },
  }
}

/** The case that a frame for the partner arrives unchanged. */
function relayedInRoom(what: string, rule: string, frame: () => Uint8Array): CaseBody {
  return {
    title: `relays a frame ${what}`,
    rule,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      const sent = frame()
      waited.sendBytes(sent)
      await arrived.nextRelayed(sent)
      await waited.quiet()
    },
  }
}

/** The case that a ticket in another encoding is matched with a ticket in the shortest one. */
function sameTicket(
  what: string,
  rule: string,
  encode: (lobby: string) => readonly Packable[],
): CaseBody {
  return {
    title: `understands a ticket ${what}`,
    rule,
    run: async (t) => {
      const waiting = await t.join()
      await t.wait(waiting, { interests: ['jazz'] })
      const client = await t.join()
      client.sendBytes(pack([types.ticket, ...encode(t.lobby)]))
      equal((await client.next('matched')).interests, ['jazz'], 'the common interests')
      await waiting.next('matched')
    },
  }
}

const invalidStrings: readonly [what: string, string: Uint8Array][] = [
  ['with an overlong form of two bytes', bytes(0xa2, 0xc0, 0xaf)],
  ['with an overlong form of three bytes', bytes(0xa3, 0xe0, 0x80, 0xaf)],
  ['with an overlong form of four bytes', bytes(0xa4, 0xf0, 0x80, 0x80, 0xaf)],
  ['with an overlong U+0000', bytes(0xa2, 0xc0, 0x80)],
  ['with a high surrogate', bytes(0xa3, 0xed, 0xa0, 0x80)],
  ['with a low surrogate', bytes(0xa3, 0xed, 0xbf, 0xbf)],
  ['with a surrogate pair', bytes(0xa6, 0xed, 0xa0, 0xbd, 0xed, 0xb1, 0x8b)],
  ['with a character above U+10FFFF', bytes(0xa4, 0xf4, 0x90, 0x80, 0x80)],
  ['with the byte f5', bytes(0xa4, 0xf5, 0x80, 0x80, 0x80)],
  ['with a lone continuation byte', bytes(0xa1, 0x80)],
  ['with the byte ff', bytes(0xa1, 0xff)],
  ['with a character that is cut at the end', bytes(0xa2, 0xe2, 0x82)],
  ['with invalid UTF-8 after 30 valid bytes', bytes(0xbf, utf8('x'.repeat(30)), 0xc3)],
]

const otherKinds: readonly [what: string, value: Uint8Array][] = [
  ['with a map', bytes(0x80)],
  ['with a map of 16 bits', bytes(0xde, 0, 0)],
  ['with a map of 32 bits', bytes(0xdf, 0, 0, 0, 0)],
  ['with binary', bytes(0xc4, 1, 0x61)],
  ['with binary of 16 bits', bytes(0xc5, 0, 1, 0x61)],
  ['with binary of 32 bits', bytes(0xc6, 0, 0, 0, 1, 0x61)],
  ['with a float of 32 bits', bytes(0xca, 0x3f, 0x80, 0, 0)],
  ['with a float of 64 bits', bytes(0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0)],
  ['with a fixed extension', bytes(0xd4, 0x72, 0x40)],
  ['with an extension', bytes(0xc7, 1, 0x72, 0x40)],
  ['with the unused byte c1', bytes(0xc1)],
]

const validStrings: readonly [what: string, text: string][] = [
  ['with U+0000', '\u0000'],
  ['with U+D7FF and U+E000, the neighbours of the surrogates', '\ud7ff\ue000'],
  ['with U+10FFFF', '\u{10ffff}'],
  ['with characters of two, three and four bytes', 'ñ€👋'],
  ['with a U+FEFF at the beginning', '\ufeffhello'],
]

export const bytesCases = group('bytes', 'core', [
  ...otherKinds.map(([what, value]) => refusedInRoom(what, kinds, () => signalWith(value))),
  ...invalidStrings.map(([what, string]) =>
    refusedInRoom(what, checksPartner, () => signalWith(string)),
  ),
  ...otherKinds
    .filter((_, index) => index % 3 === 0)
    .map(([what, value]) =>
      refusedByServer(what, kinds, (lobby) => pack([types.ticket, 1, lobby, [], [], null, value])),
    ),
  ...invalidStrings
    .filter((_, index) => index % 3 === 0)
    .map(([what, string]) =>
      refusedByServer(what, strings, () => pack([types.ticket, 1, string, [], [], null])),
    ),
  ...validStrings.map(([what, text]) => relayedInRoom(what, strings, () => signalWith(text))),
  refusedInRoom('that ends inside a string', breaksBytes, () => signalWithBytes(0xa2, 0x61)),
  refusedInRoom('that ends inside an integer', breaksBytes, () => signalWithBytes(0xcd, 1)),
  refusedInRoom('that ends inside an array', breaksBytes, () => signalWithBytes(0x92, 1)),
  refusedInRoom('that ends before its last value', breaksBytes, () =>
    bytes(0x95, types.signal, 0xc0),
  ),
  refusedInRoom('with an array that claims 4 GB', breaksBytes, () =>
    signalWithBytes(0xdd, 0xff, 0xff, 0xff, 0xff),
  ),
  refusedInRoom('with a string that claims 4 GB', breaksBytes, () =>
    signalWithBytes(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61),
  ),
  refusedInRoom('followed by a byte', noByteAfter, () => bytes(signalWith(), 0xc0)),
  refusedByServer('followed by a byte', noByteAfter, () => bytes(pack([types.ping]), 0xc0)),
  refusedInRoom('with arrays that are nested 5 deep', nested, () => signalWith([[[[]]]])),
  relayedInRoom('with arrays that are nested 4 deep', nested, () => signalWith([[[]]])),
  refusedInRoom('with 513 values', 'A frame has at most 512 values.', () =>
    // The frame, its type and its four fields are 6 values; the list is one more.
    signalWith(Array.from({ length: 506 }, () => 0)),
  ),
  relayedInRoom(
    'with 512 values',
    'Arrays count as values too, and so does the frame itself.',
    () => signalWith(Array.from({ length: 505 }, () => 0)),
  ),
  refusedByServer('whose array has the form of 16 bits', shortForm, () =>
    bytes(0xdc, 0, 1, types.ping),
  ),
  refusedByServer('that is an empty array', shortForm, () => bytes(0x90)),
  refusedByServer('that is not an array', shortForm, () => bytes(types.ping)),
  refusedByServer('whose type has a longer form', secondByte, () => bytes(0x91, 0xcc, types.ping)),
  refusedByServer('whose type is a string', secondByte, () => bytes(0x91, 0xa1, 0x06)),
  refusedByServer('whose type is negative', secondByte, () => bytes(0x91, 0xff)),
  refusedByServer('of one byte', malformed, () => bytes(0x91)),
  refusedByServer('that is empty', malformed, () => bytes()),
  {
    title: 'refuses a text frame',
    rule: 'Every message is one binary frame, which holds one msgpack array `[type, field, field, …]`.',
    run: async (t) => {
      const client = await t.join()
      client.sendText('[6]')
      await client.nextError('malformed-frame')
      await client.quiet()
    },
  },
  {
    title: 'refuses a text frame that has the bytes of a message',
    rule: malformed,
    run: async (t) => {
      const client = await t.join()
      // 0x06 alone would be a valid integer, and is a valid character of a text frame too.
      client.sendText('\u0006')
      await client.nextError('malformed-frame')
    },
  },
  {
    title: 'refuses an empty text frame',
    rule: malformed,
    run: async (t) => {
      const client = await t.join()
      client.sendText('')
      await client.nextError('malformed-frame')
    },
  },
  sameTicket('with strings of 8 bits', longer, (lobby) => [
    1,
    longForm.string8(lobby),
    [longForm.string8('jazz')],
    [],
    null,
  ]),
  sameTicket('with strings of 16 bits', longer, (lobby) => [
    1,
    longForm.string16(lobby),
    [longForm.string16('jazz')],
    [],
    null,
  ]),
  sameTicket('with strings of 32 bits', longer, (lobby) => [
    1,
    longForm.string32(lobby),
    [longForm.string32('jazz')],
    [],
    null,
  ]),
  sameTicket('with lists of 16 bits', longer, (lobby) => [
    1,
    lobby,
    longForm.array16('jazz'),
    longForm.array16(),
    null,
  ]),
  sameTicket('with lists of 32 bits', longer, (lobby) => [
    1,
    lobby,
    longForm.array32('jazz'),
    longForm.array32('en'),
    null,
  ]),
  ...(['uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'] as const).map(
    (form) =>
      sameTicket(`whose mode is an ${form}`, longer, (lobby) => [
        longForm[form](1),
        lobby,
        ['jazz'],
        [],
        null,
      ]),
  ),
  relayedInRoom('with longer forms, without shortening them', longer, () =>
    bytes(0x95, types.signal, 0xc0, longForm.array32(), 0xc0, longForm.uint64(3)),
  ),
  sameTicket('without its last field', 'Missing fields at the end count as nil.', (lobby) => [
    1,
    lobby,
    ['jazz'],
    [],
  ]),
  sameTicket('with fields of a later version', laterFields, (lobby) => [
    1,
    lobby,
    ['jazz'],
    [],
    null,
    null,
    null,
    'later',
    -5,
    [true, null],
  ]),
  relayedInRoom('with fields of a later version', laterFields, () => signalWith('later', -5, [])),
  refusedInRoom('with a malformed field of a later version', laterRules, () =>
    signalWithBytes(0xc1),
  ),
  refusedByServer('with a malformed field of a later version', laterRules, () =>
    bytes(0x92, types.ping, 0xc1),
  ),
  {
    title: 'accepts a later field in an array inside a message',
    rule: laterNested,
    run: async (t) => {
      const client = await t.connect()
      t.sendHello(client, { resume: ['not a token', 0, null, null, 'later'] })
      equal((await client.next('welcome')).received, null, 'received')
    },
  },
  {
    title: 'drops a message of an unknown type',
    rule: laterFields,
    run: async (t) => {
      const { waited, arrived } = await t.pair()
      waited.sendBytes(pack([unknownType, 'later']))
      await t.quiet(waited, arrived)
      await t.checkRelay(waited, arrived)
    },
  },
  ...[
    ['with an unused byte', bytes(0x92, unknownType, 0xc1)],
    ['with a map', bytes(0x92, unknownType, 0x81, 1, 2)],
    ['that ends inside a value', bytes(0x92, unknownType, 0xd9, 0xff)],
    ['followed by bytes', bytes(0x91, unknownType, 1, 2, 3)],
    ['with invalid UTF-8', bytes(0x92, unknownType, 0xa1, 0xff)],
    ['with 10,000 bytes', bytes(0x91, unknownType, new Uint8Array(10_000))],
  ].map(([what, frame]): CaseBody => ({
    title: `drops a message of an unknown type ${String(what)}`,
    rule: unknownTypes,
    run: async (t) => {
      const client = await t.join()
      client.sendBytes(frame as Uint8Array)
      await client.quiet()
      await t.wait(client)
    },
  })),
  {
    title: 'does not count unknown types as faults',
    rule: unknownTypes,
    run: async (t) => {
      const client = await t.join()
      for (let number = 100; number < 108; number++) client.sendBytes(bytes(0x92, number, 0xc1))
      await client.quiet()
    },
  },
])
