import { describe, expect, test } from 'vitest'
import { checkStructure } from './check-structure.ts'
import { implementations } from './msgpackr.fixture.ts'
import type { WireValue } from './msgpack.ts'
import { msgpack } from './msgpack.ts'

const bytes = (...parts: readonly (number | string)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])),
  )

const repeat = (item: WireValue, length: number): WireValue[] => Array.from({ length }, () => item)

/** A value, and the shortest encoding of it. */
const shortest: readonly [name: string, value: WireValue, encoding: Uint8Array][] = [
  ['nil', null, bytes(0xc0)],
  ['false', false, bytes(0xc2)],
  ['true', true, bytes(0xc3)],
  ['0', 0, bytes(0x00)],
  ['127', 127, bytes(0x7f)],
  ['128', 128, bytes(0xcc, 0x80)],
  ['255', 255, bytes(0xcc, 0xff)],
  ['256', 256, bytes(0xcd, 0x01, 0x00)],
  ['65,535', 65_535, bytes(0xcd, 0xff, 0xff)],
  ['65,536', 65_536, bytes(0xce, 0x00, 0x01, 0x00, 0x00)],
  ['2^32 − 1', 0xffff_ffff, bytes(0xce, 0xff, 0xff, 0xff, 0xff)],
  ['an empty string', '', bytes(0xa0)],
  ['a string of 31 bytes', 'a'.repeat(31), bytes(0xbf, 'a'.repeat(31))],
  ['a string of 32 bytes', 'a'.repeat(32), bytes(0xd9, 32, 'a'.repeat(32))],
  ['a string of 31 bytes and 16 units', `é`.repeat(15) + 'a', bytes(0xbf, 'é'.repeat(15), 'a')],
  ['a string of 32 bytes and 16 units', 'é'.repeat(16), bytes(0xd9, 32, 'é'.repeat(16))],
  ['a string of 255 bytes', 'a'.repeat(255), bytes(0xd9, 255, 'a'.repeat(255))],
  ['a string of 256 bytes', '👋'.repeat(64), bytes(0xda, 1, 0, '👋'.repeat(64))],
  ['a string of 65,535 bytes', '€'.repeat(21_845), bytes(0xda, 0xff, 0xff, '€'.repeat(21_845))],
  ['a string of 65,536 bytes', 'a'.repeat(65_536), bytes(0xdb, 0, 1, 0, 0, 'a'.repeat(65_536))],
  ['a string that begins with a byte order mark', '\ufeffa', bytes(0xa4, 0xef, 0xbb, 0xbf, 'a')],
  ['an empty array', [], bytes(0x90)],
  ['an array of 15 values', repeat(1, 15), bytes(0x9f, ...Array(15).fill(1))],
  ['an array of 16 values', repeat(1, 16), bytes(0xdc, 0, 16, ...Array(16).fill(1))],
  ['an array in an array', [[null], []], bytes(0x92, 0x91, 0xc0, 0x90)],
]

/** An encoding that is longer than needed, or that `pack` never returns, and its value. */
const others: readonly [name: string, encoding: Uint8Array, value: unknown][] = [
  ['−1', bytes(0xff), -1],
  ['−32', bytes(0xe0), -32],
  ['1 in 8 bits', bytes(0xcc, 1), 1],
  ['1 in 16 bits', bytes(0xcd, 0, 1), 1],
  ['1 in 32 bits', bytes(0xce, 0, 0, 0, 1), 1],
  ['1 in 64 bits', bytes(0xcf, 0, 0, 0, 0, 0, 0, 0, 1), 1],
  ['2^53 − 1', bytes(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 2 ** 53 - 1],
  ['2^64 − 1, rounded', bytes(0xcf, ...Array(8).fill(0xff)), 2 ** 64],
  ['127 in signed 8 bits', bytes(0xd0, 0x7f), 127],
  ['−128 in 8 bits', bytes(0xd0, 0x80), -128],
  ['−1 in 16 bits', bytes(0xd1, 0xff, 0xff), -1],
  ['−2^15 in 16 bits', bytes(0xd1, 0x80, 0x00), -(2 ** 15)],
  ['−2^31 in 32 bits', bytes(0xd2, 0x80, 0, 0, 0), -(2 ** 31)],
  ['2^31 − 1 in signed 32 bits', bytes(0xd2, 0x7f, 0xff, 0xff, 0xff), 2 ** 31 - 1],
  ['−1 in 64 bits', bytes(0xd3, ...Array(8).fill(0xff)), -1],
  ['−2^63', bytes(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0), -(2 ** 63)],
  ['"a" with a length of 8 bits', bytes(0xd9, 1, 'a'), 'a'],
  ['"é" with a length of 16 bits', bytes(0xda, 0, 2, 'é'), 'é'],
  ['"a" with a length of 32 bits', bytes(0xdb, 0, 0, 0, 1, 'a'), 'a'],
  ['an array with a length of 16 bits', bytes(0xdc, 0, 1, 0xc0), [null]],
  ['an array with a length of 32 bits', bytes(0xdd, 0, 0, 0, 1, 0xc0), [null]],
]

/** What follows the frame's first two bytes, and the reason why the frame is refused. */
const refused: readonly [name: string, rest: Uint8Array, reason: string][] = [
  ['no second value', bytes(), 'the frame ends inside a value'],
  ['an integer without its last byte', bytes(0xcd, 1), 'the frame ends inside a value'],
  [
    'an integer of 64 bits without its last byte',
    bytes(0xcf, 0, 0, 0, 0, 0, 0, 0),
    'inside a value',
  ],
  ['a length without its last byte', bytes(0xda, 0), 'inside a value'],
  ['a string without its last byte', bytes(0xa2, 'a'), 'inside a value'],
  ['a string that claims 4 GB', bytes(0xdb, 0xff, 0xff, 0xff, 0xff, 'a'), 'inside a value'],
  ['an array without its last value', bytes(0x92, 0), 'inside a value'],
  [
    'an array that claims 2^32 − 1 values',
    bytes(0xdd, 0xff, 0xff, 0xff, 0xff, 0),
    'inside a value',
  ],
  ['a byte after the frame', bytes(0, 0), 'bytes follow the frame'],
  ['five levels of arrays', bytes(0x91, 0x91, 0x91, 0x90), 'nested deeper than 4'],
  ['513 values', bytes(0xdc, 1, 254, ...Array(510).fill(0)), 'more than 512 values'],
  ['a byte that begins no character', bytes(0xa1, 0x80), 'not valid UTF-8'],
  ['an overlong character', bytes(0xa2, 0xc0, 0xaf), 'not valid UTF-8'],
  ['a surrogate', bytes(0xa3, 0xed, 0xa0, 0x80), 'not valid UTF-8'],
  ['a byte that msgpack does not use', bytes(0xc1), '0xc1 is not a kind of value'],
  ['a map', bytes(0x80), '0x80 is not a kind of value'],
  ['binary', bytes(0xc4, 0), '0xc4 is not a kind of value'],
  ['an extension', bytes(0xd4, 1, 0), '0xd4 is not a kind of value'],
  ['a float', bytes(0xcb, 0, 0, 0, 0, 0, 0, 0, 0), '0xcb is not a kind of value'],
]

describe.for(implementations)('%s', ([, { pack, unpack }]) => {
  test.for(shortest)('packs %s into its shortest form, and unpacks it', ([, value, encoding]) => {
    const frame = bytes(0x92, 1, ...encoding)
    // toEqual of Vitest takes seconds for long arrays of bytes.
    expect(Buffer.compare(pack([1, value]), frame)).toBe(0)
    expect(unpack(frame)).toEqual([1, value])
  })

  test.for(others)('unpacks %s', ([, encoding, value]) => {
    expect(unpack(bytes(0x92, 1, ...encoding))).toEqual([1, value])
  })

  test.for(refused)('refuses %s', ([, rest, reason]) => {
    expect(() => unpack(bytes(0x92, 1, ...rest))).toThrow(
      expect.objectContaining({
        code: 'malformed-frame',
        message: expect.stringContaining(reason),
      }),
    )
  })

  test('unpacks four levels of arrays, and 512 values', () => {
    expect(unpack(bytes(0x92, 1, 0x91, 0x91, 0x90))).toEqual([1, [[[]]]])
    const frame = bytes(0x92, 1, 0xdc, 1, 253, ...Array(509).fill(0))
    expect(unpack(frame)).toEqual([1, repeat(0, 509)])
  })

  test('packs values into memory that later calls do not change', () => {
    const first = pack([1, 'first'])
    pack([1, 'second'])
    expect(first).toEqual(bytes(0x92, 1, 0xa5, 'first'))
  })
})

test.for(refused)('checkStructure refuses %s', ([, rest, reason]) => {
  expect(() => checkStructure(bytes(0x92, 1, ...rest))).toThrow(reason)
})

test('unpack of the own implementation keeps a byte order mark in a long text', () => {
  const text = `\ufeff${'a'.repeat(100)}`
  expect(msgpack.unpack(msgpack.pack([1, text]))).toEqual([1, text])
})

test('pack of the own implementation replaces a lone surrogate by U+FFFD, in texts of any length', () => {
  for (const padding of ['', 'a'.repeat(100)]) {
    expect(msgpack.pack([`${padding}\ud800`])).toEqual(msgpack.pack([`${padding}\ufffd`]))
  }
})
