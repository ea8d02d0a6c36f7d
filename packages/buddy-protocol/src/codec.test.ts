import { isUtf8 as isUtf8OfNode } from 'node:buffer'
import * as fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { checkStructure } from './check-structure.ts'
import { decode, encode, peekNumber } from './codec.ts'
import { codecs } from './msgpackr.fixture.ts'
import type { Message, MessageOf } from './messages.ts'
import { messages } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { utf8Length } from './unicode.ts'

// The limit is in bytes, because one grapheme may take many. The string field with the lowest limit (a
// language) allows 35.
const isShort = (text: string): boolean => utf8Length(text) <= 35
const short = fc.string({ unit: 'grapheme', maxLength: 8 }).filter(isShort)
const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter(isShort)
const uint = fc.nat({ max: 0xffff_ffff })
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary)
const candidate = fc.record({
  candidate: short,
  sdpMid: orNull(short),
  sdpMLineIndex: orNull(fc.nat({ max: 255 })),
  usernameFragment: orNull(short),
})

const signalFields = {
  description: orNull(fc.record({ type: fc.constantFrom('offer', 'answer'), sdp: word } as const)),
  candidates: fc.array(candidate, { maxLength: 64 }),
  sending: orNull(fc.record({ audio: fc.boolean(), video: fc.boolean() })),
  generation: orNull(fc.nat({ max: 255 })),
}
const offer = orNull(fc.record(signalFields))

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant('hello'),
    name: short,
    site: short,
    client: short,
    token: orNull(short),
    resume: orNull(
      fc.record({ token: short, received: uint, sent: orNull(uint), roomToken: orNull(short) }),
    ),
  } as const),
  fc.record({
    type: fc.constant('ticket'),
    mode: fc.constantFrom('video', 'audio', 'text'),
    lobby: short,
    interests: fc.array(word, { maxLength: 10 }),
    languages: fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 8 }),
    offer,
  } as const),
  fc.record({ type: fc.constant('next'), offer } as const),
  fc.constant({ type: 'leave' } as const),
  fc.record({ type: fc.constant('signal'), ...signalFields } as const),
  fc.record({ type: fc.constant('text'), text: word } as const),
  fc.record({ type: fc.constant('typing'), isTyping: fc.boolean() } as const),
  fc.constant({ type: 'trust' } as const),
  fc.record({
    type: fc.constant('welcome'),
    session: word,
    name: short,
    heartbeatMs: uint,
    iceServers: fc.array(
      fc.record({
        urls: fc.array(word, { maxLength: 8 }),
        username: orNull(short),
        credential: orNull(short),
      }),
      { maxLength: 16 },
    ),
    resumeToken: orNull(short),
    received: orNull(uint),
    allowsText: fc.boolean(),
    allowsVideo: fc.boolean(),
    isRestored: fc.boolean(),
  } as const),
  fc.record({
    type: fc.constant('report'),
    reason: fc.constantFrom('other', 'nudity', 'spam'),
    room: orNull(short),
  } as const),
  fc.record({
    type: fc.constant('diagnosis'),
    reason: fc.constantFrom('other', 'no-path', 'udp-blocked'),
  } as const),
  fc.record({ type: fc.constant('stats'), online: uint, waiting: uint, rooms: uint } as const),
  fc.record({
    type: fc.constant('error'),
    code: fc.constantFrom('internal', 'server-full', 'unknown'),
    message: short,
    retryAfterMs: orNull(uint),
  } as const),
)

describe.for(codecs)('encode and decode of %s', ([, { encode, decode }]) => {
  test('decode returns the message that encode received', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const frame = encode(message)
        expect(peekNumber(frame)).toBe(messages[message.type].number)
        expect(decode(frame)).toEqual(message)
      }),
      { numRuns: 500 },
    )
  })

  test('decode throws no error other than a ProtocolError, for any bytes', () => {
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      // These frames begin like a message, so that `decode` reads more than the first bytes.
      fc
        .tuple(fc.integer({ min: 0x91, max: 0x9f }), fc.nat({ max: 48 }), fc.uint8Array())
        .map(([head, number, rest]) => Uint8Array.from([head, number, ...rest])),
    )
    fc.assert(
      fc.property(frames, (frame) => {
        try {
          decode(frame)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }),
      { numRuns: 5000 },
    )
  })

  test('decode still returns correct messages after a frame with one flipped bit', () => {
    const before = encode({ type: 'stats', online: 64, waiting: 65, rooms: 66 })
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.nat({ max: 7 }), (message, at, bit) => {
        const frame = encode(message)
        frame[at % frame.length]! ^= 1 << bit
        try {
          decode(frame)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
        expect(decode(before.slice())).toEqual({
          type: 'stats',
          online: 64,
          waiting: 65,
          rooms: 66,
        })
      }),
      { numRuns: 2000 },
    )
  })

  test('encode returns a frame that later calls do not change', () => {
    const first = encode({ type: 'text', text: 'first' })
    const copy = first.slice()
    for (let index = 0; index < 100; index++) encode({ type: 'text', text: 'x'.repeat(index + 1) })
    expect(first).toEqual(copy)
  })

  test('decode ignores fields and messages of a later version', () => {
    const packr = new Packr({ useRecords: false })
    expect(decode(packr.pack([18, true, 'new', [1]]))).toEqual({ type: 'typing', isTyping: true })
    expect(decode(packr.pack([127, 'whatever']))).toBeUndefined()
  })

  test('decode ignores a message of a later version, whatever its content', () => {
    // The contents are a map, an extension, and an array that ends too early. This version allows none.
    for (const rest of [[0x81, 0xa1, 0x61, 0x01], [0xd4, 0x72, 0x40], [0x9f]]) {
      expect(decode(Uint8Array.from([0x92, 0x7f, ...rest]))).toBeUndefined()
    }
    expect(() => decode(Uint8Array.from([0x90, 0x7f]))).toThrow('type first')
  })

  test('decode returns the fallback for an enum value of a later version', () => {
    const packr = new Packr({ useRecords: false })
    expect(decode(packr.pack([37, 99, 'new', null]))).toMatchObject({ code: 'unknown' })
    expect(decode(packr.pack([35, 9]))).toMatchObject({ reason: 'left' })
  })

  test('decode returns null for nullable fields that are missing at the end', () => {
    const packr = new Packr({ useRecords: false })
    expect(decode(packr.pack([37, 3, 'why']))).toMatchObject({ retryAfterMs: null })
    expect(() => decode(packr.pack([37, 3]))).toThrow('error.message must be a string')
  })
})

const ticket = {
  type: 'ticket',
  mode: 'video',
  lobby: '',
  interests: [],
  languages: [],
  offer: null,
} as const
const hello = { type: 'hello', name: '', site: '', client: '', token: null, resume: null } as const
const signal = {
  type: 'signal',
  description: null,
  candidates: [],
  sending: null,
  generation: null,
} as const

const resume = { token: '', received: 0, sent: null, roomToken: null }

describe('values outside the limits', () => {
  const cases: readonly [string, Message, string][] = [
    ['hello.name', { ...hello, name: 'é'.repeat(65) }, '0 to 128 bytes'],
    ['hello.site', { ...hello, site: 's'.repeat(65) }, '0 to 64 bytes'],
    ['hello.client', { ...hello, client: 'c'.repeat(65) }, '0 to 64'],
    ['hello.token', { ...hello, token: 't'.repeat(2049) }, '0 to 2048 bytes'],
    [
      'hello.resume.token',
      { ...hello, resume: { ...resume, token: 't'.repeat(1025) } },
      '0 to 1024',
    ],
    [
      'hello.resume.received',
      { ...hello, resume: { ...resume, received: -1 } },
      'an integer from 0',
    ],
    ['hello.resume.sent', { ...hello, resume: { ...resume, sent: -1 } }, 'an integer from 0'],
    [
      'hello.resume.roomToken',
      { ...hello, resume: { ...resume, roomToken: 't'.repeat(513) } },
      '0 to 512',
    ],
    ['ticket.lobby', { ...ticket, lobby: 'l'.repeat(65) }, '0 to 64 bytes'],
    [
      'ticket.interests',
      { ...ticket, interests: Array.from({ length: 11 }, () => 'a') },
      'at most 10',
    ],
    ['ticket.interests[1]', { ...ticket, interests: ['a', ''] }, '1 to 48 bytes'],
    ['ticket.interests[0]', { ...ticket, interests: ['a'.repeat(49)] }, '1 to 48 bytes'],
    [
      'ticket.languages',
      { ...ticket, languages: Array.from({ length: 9 }, () => 'en') },
      'at most 8',
    ],
    ['ticket.languages[0]', { ...ticket, languages: ['x'.repeat(36)] }, '1 to 35 bytes'],
    ['text.text', { type: 'text', text: '' }, '1 to 4096 bytes'],
    ['text.text', { type: 'text', text: '€'.repeat(1366) }, '1 to 4096 bytes'],
    [
      'signal.description.sdp',
      { ...signal, description: { type: 'offer', sdp: '' } },
      '1 to 32768',
    ],
    [
      'signal.candidates',
      {
        ...signal,
        candidates: Array.from({ length: 65 }, () => ({
          candidate: '',
          sdpMid: null,
          sdpMLineIndex: null,
          usernameFragment: null,
        })),
      },
      'at most 64',
    ],
    ['stats.online', { type: 'stats', online: -1, waiting: 0, rooms: 0 }, 'an integer from 0'],
  ]

  test.for(cases)('refuses an invalid %s with `invalid-field`', ([path, message, limit]) => {
    const refuse = expect.objectContaining({
      code: 'invalid-field',
      message: expect.stringMatching(
        new RegExp(`^${path.replaceAll(/[[\]]/g, '\\$&')} must be .*${limit}`),
      ),
    })
    expect(() => encode(message)).toThrow(refuse)
    // Encodes the same message without any check.
    const { type, ...fields } = message
    const flat = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(flat)
        : value !== null && typeof value === 'object'
          ? Object.values(value).map(flat)
          : value
    const modes: Readonly<Record<string, number>> = { video: 0, offer: 0 }
    const wire = Object.values(fields).map((value) => {
      const plain = flat(value)
      return JSON.parse(JSON.stringify(plain), (_key, item) => modes[item as string] ?? item)
    })
    const frame = new Packr({ useRecords: false }).pack([messages[type].number, ...wire])
    expect(() => decode(new Uint8Array(frame))).toThrow(refuse)
  })

  test.for([0.5, 2 ** 32, Number.NaN])('encode refuses %d as an unsigned integer', (online) => {
    expect(() => encode({ type: 'waiting', online })).toThrow('waiting.online must be an integer')
  })

  test('encode refuses a message longer than its type allows with `frame-too-large`', () => {
    const candidates = Array.from({ length: 48 }, () => ({
      candidate: 'c'.repeat(1024),
      sdpMid: null,
      sdpMLineIndex: null,
      usernameFragment: null,
    }))
    expect(() => encode({ ...signal, candidates })).toThrow(
      expect.objectContaining({ code: 'frame-too-large' }),
    )
  })

  test('the message of an error does not contain the invalid value, which may be private', () => {
    expect.assertions(1)
    try {
      encode({ type: 'text', text: 'secret'.repeat(1000) })
    } catch (error) {
      expect(String(error)).not.toContain('secret')
    }
  })
})

const notUtf8: readonly [name: string, bytes: readonly number[]][] = [
  ['a byte that begins no character', [0xff]],
  ['a continuation byte without a first byte', [0x80]],
  ['a character that ends too early', [0xe2, 0x82]],
  ['"/" in two bytes', [0xc0, 0xaf]],
  ['"/" in three bytes', [0xe0, 0x80, 0xaf]],
  ['"/" in four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['a lone surrogate', [0xed, 0xa0, 0x80]],
  ['a pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb1, 0x8b]],
  ['a character above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
]

describe.for(codecs)('text in a frame of %s', ([, { encode, decode }]) => {
  test.for(notUtf8)(
    'decode refuses %s with `malformed-frame`, in a short text and in a long one',
    ([, bytes]) => {
      for (const padding of [0, 20, 200]) {
        const text = [...Array.from({ length: padding }, () => 0x61), ...bytes]
        const frame = Uint8Array.from([0x92, 17, 0xda, 0, text.length, ...text])
        const refuse = expect.objectContaining({ code: 'malformed-frame' })
        expect(() => decode(frame)).toThrow(refuse)
        expect(() => checkStructure(frame, isUtf8OfNode)).toThrow(refuse)
      }
    },
  )

  test('decode accepts the first and the last character of each UTF-8 length', () => {
    const text = '\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}'
    expect(decode(encode({ type: 'text', text }))).toEqual({ type: 'text', text })
  })

  test('encode replaces a lone surrogate by U+FFFD, in any string field and in texts of any length', () => {
    for (const padding of ['', 'a'.repeat(200)]) {
      const [broken, mended] = [`${padding}\ud800`, `${padding}\ufffd`]
      expect(decode(encode({ type: 'text', text: broken }))).toEqual({ type: 'text', text: mended })
    }
    const { lobby, interests, languages } = decode(
      encode({ ...ticket, lobby: '\udc00', interests: ['\ud83d!'], languages: ['\ud83d\ud83d'] }),
    ) as MessageOf<'ticket'>
    expect([lobby, interests, languages]).toEqual(['\ufffd', ['\ufffd!'], ['\ufffd\ufffd']])
  })
})

test.for(codecs)('decode of %s accepts the fullest signal that the limits allow', ([, codec]) => {
  const candidates = Array.from({ length: 64 }, () => ({
    candidate: 'candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0 ufrag abcd',
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment: 'abcd',
  }))
  const full: Message = {
    type: 'signal',
    description: { type: 'offer', sdp: 'v'.repeat(32_768) },
    candidates,
    sending: { audio: true, video: true },
    generation: 7,
  }
  expect(codec.decode(codec.encode(full))).toEqual(full)
})
