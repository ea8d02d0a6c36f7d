import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanMessage } from './clean-message.ts'

const marks = (count: number): string => '\u0301\u0316\u0489\u20d0\u1dc4'.repeat(10).slice(0, count)

test.for([
  ['hello', 'hello'],
  ['  two  spaces  ', '  two  spaces  '],
  ['one\r\ntwo\rthree\u2028four\u0085five', 'one\ntwo\nthree\nfour\nfive'],
  ['\n\na\n\n\n\n\nb\n', 'a\n\nb'],
  ['a\tb\u0007c\u009fd\u0000', 'a bcd'],
  ['fr\u200be\u2060e\ufeff mo\u00adney', 'free money'],
  ['hidden\u{e0068}\u{e0069} text', 'hidden text'],
  ['cut in \ud83d', 'cut in \ufffd'],
  ['\u200b\u2060\n\ufeff', ''],
  ['\u2067\u200f\u2069', ''],
  ['\u3164\u2800', ''],
  // Real texts are not changed.
  ['https://example.org/a?b=c&d <b>bold</b>', 'https://example.org/a?b=c&d <b>bold</b>'],
  [
    '👩‍🚀 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 1️⃣ 👍🏽',
    '👩‍🚀 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 1️⃣ 👍🏽',
  ],
  ['می‌خواهم', 'می‌خواهم'],
  ['שָׁלוֹם עֲלֵיכֶם', 'שָׁלוֹם עֲלֵיכֶם'],
  ['مَرْحَبًا', 'مَرْحَبًا'],
  ['Tiê\u0301ng Viê\u0323t', 'Tiê\u0301ng Viê\u0323t'],
  ['ที่นี่ น้ำ', 'ที่นี่ น้ำ'],
  ['བསྒྲུབས་ ཧཱུྃ', 'བསྒྲུབས་ ཧཱུྃ'],
  ['မြွှေ့', 'မြွှေ့'],
  ['نص\u200f!', 'نص\u200f!'],
])('cleanMessage converts %j to %j', ([text, shown]) => {
  expect(cleanMessage(text!)).toBe(shown)
})

test.for([
  ['an override is removed', 'evil\u202egnp.exe\u202c', 'evilgnp.exe'],
  ['an embedding becomes an isolate', 'x \u202bאבג\u202c y', 'x \u2067אבג\u2069 y'],
  ['an isolate stays', 'x \u2068אבג\u2069 y', 'x \u2068אבג\u2069 y'],
  ['a run ends with its line', '\u2067אבג\nabc', '\u2067אבג\u2069\nabc'],
  ['an end without a beginning is removed', 'a\u2069b\u202cc', 'abc'],
  ['the end of an isolate ends runs in it', '\u2066a\u202bb\u2069c', '\u2066a\u2067b\u2069\u2069c'],
  ['the end of an embedding ends no isolate', '\u2066a\u202cb\u2069', '\u2066ab\u2069'],
])('bidirectional runs: %s', ([, text, shown]) => {
  expect(cleanMessage(text!)).toBe(shown)
})

test('a flood of combining marks is cut, also with joiners between them', () => {
  expect(cleanMessage(`Z${marks(40)}a`)).toBe(`Z${marks(4)}a`)
  const joined = cleanMessage(`Z${`${marks(3)}\u200d`.repeat(20)}a`)
  expect([...joined.matchAll(/\p{M}/gu)]).toHaveLength(4)
  expect([...cleanMessage(`ก${'\u0e31'.repeat(50)}`).matchAll(/\p{M}/gu)]).toHaveLength(10)
})

/** Texts that consist mostly of characters that the rules treat. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'aאع\n\r\t \u0000\u0301\u0316\u0e31\u061c\u200b\u200d\u200e\u2028\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u{e0041}\u{1f3f4}\u3164',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

test('a cleaned text needs no second cleaning', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const once = cleanMessage(text)
      expect(cleanMessage(once)).toBe(once)
    }),
    { numRuns: 2000 },
  )
})

test('no line of a cleaned text changes the order of letters outside its runs', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const line of cleanMessage(text).split('\n')) {
        expect(line).not.toMatch(/[\u202a-\u202e]/u)
        let depth = 0
        for (const character of line) {
          if (/[\u2066-\u2068]/u.test(character)) depth++
          if (character === '\u2069') depth--
          expect(depth).toBeGreaterThanOrEqual(0)
        }
        expect(depth).toBe(0)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a cleaned text has no control characters but line ends, and every letter that it had', () => {
  const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '')
  fc.assert(
    fc.property(hostile, (text) => {
      const cleaned = cleanMessage(text)
      // oxlint-disable-next-line no-control-regex -- matching control characters is the point
      expect(cleaned).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\n{3}/u)
      if (cleaned !== '') expect(lettersOf(cleaned)).toBe(lettersOf(text))
    }),
    { numRuns: 2000 },
  )
})
