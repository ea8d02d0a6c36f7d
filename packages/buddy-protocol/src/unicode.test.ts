import { isUtf8 as isUtf8OfNode } from 'node:buffer'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUtf8, utf8Length, wellFormed } from './unicode.ts'

test('utf8Length returns the number of bytes that a UTF-8 encoder writes', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(text, (value) => {
      expect(utf8Length(value)).toBe(new TextEncoder().encode(value).length)
    }),
    { numRuns: 1000 },
  )
  // `TextEncoder` replaces lone surrogates.
  for (const value of ['\ud83d', '\udc4b', 'a\ud83db', '\udc4b\ud83d']) {
    expect(utf8Length(value)).toBe(new TextEncoder().encode(value).length)
  }
})

test('wellFormed replaces lone surrogates and nothing else', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', '\ud83d', '\udc4b', '👋') }),
  )
  fc.assert(
    fc.property(text, (value) => {
      expect(wellFormed(value)).toBe(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(value)),
      )
    }),
    { numRuns: 1000 },
  )
})

test('isUtf8 returns the same as the `isUtf8` of Node, for any bytes', () => {
  const byte = fc.constantFrom(
    0x61,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
    0xff,
  )
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }), (bytes) => {
      const candidate = Uint8Array.from(bytes)
      expect(isUtf8(candidate)).toBe(isUtf8OfNode(candidate))
    }),
    { numRuns: 20_000 },
  )
})
