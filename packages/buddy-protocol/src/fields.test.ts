import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Length } from './fields.ts'

test('utf8Length is what a UTF-8 encoder writes', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(text, (value) => {
      expect(utf8Length(value)).toBe(new TextEncoder().encode(value).length)
    }),
    { numRuns: 1000 },
  )
  // Lone surrogates, which an encoder replaces.
  for (const value of ['\ud83d', '\udc4b', 'a\ud83db', '\udc4b\ud83d']) {
    expect(utf8Length(value)).toBe(new TextEncoder().encode(value).length)
  }
})
