import { expect, test } from 'vitest'
import { criteriaOf, interestKeyOf, languageOf } from './criteria.ts'

test.each([
  ['case', 'Chess', 'cHESS'],
  ['spaces', '  video \t games ', 'video games'],
  ['accents', 'Café', 'cafe'],
  ['accents, however they are encoded', 'caf\u00E9', 'cafe\u0301'],
  ['accents of Greek', 'Φιλοσοφία', 'φιλοσοφια'],
  ['the form of sigma', 'ΛΟΓΟΣ', 'λογος'],
  ['width', 'ＪＡＺＺ', 'jazz'],
  ['width of Japanese', 'ｶﾒﾗ', 'カメラ'],
  ['ligatures', 'ﬁlm', 'film'],
  ['the sharp s', 'Straße', 'STRASSE'],
  ['ё', 'Ёлка', 'елка'],
  ['Arabic vowel points', 'شِعْر', 'شعر'],
  ['Hebrew vowel points', 'שָׁלוֹם', 'שלום'],
  ['invisible characters', 'che\u200Bss', 'che ss'],
])('two interests are the same if they differ in %s', (_, one, other) => {
  expect(interestKeyOf(one)).toBe(interestKeyOf(other))
  expect(interestKeyOf(one)).not.toBe('')
})

test.each([
  ['letters', 'chess', 'cheese'],
  ['a mark of Japanese', 'かき', 'かぎ'],
  ['a vowel of Devanagari', 'कि', 'की'],
  ['a vowel of Thai', 'กิน', 'กีน'],
  ['й and и', 'май', 'маи'],
  ['syllables of Hangul', '한글', '한국'],
])('two interests differ if they differ in %s', (_, one, other) => {
  expect(interestKeyOf(one)).not.toBe(interestKeyOf(other))
})

test.each([
  ['pt-BR', 'pt'],
  ['PT_br', 'pt'],
  ['zh-Hant-TW', 'zh'],
  ['iw', 'he'],
  ['nb-NO', 'no'],
  ['no', 'no'],
  ['yue', 'yue'],
  ['und', undefined],
  ['und-Latn', undefined],
  ['', undefined],
  ['not a tag', undefined],
  ['e', undefined],
])('the language of the tag %j is %s', (tag, expected) => {
  expect(languageOf(tag)).toBe(expected)
  expect(languageOf(tag)).toBe(expected)
})

test('drops what is empty, unknown or repeated, and keeps the first spelling and the order', () => {
  const given = {
    interests: ['Café', '\u200B', 'Jazz', 'CAFE'],
    languages: ['pt-BR', '!', 'en', 'pt'],
    asks: [
      { attribute: 'verified', values: ['yes'] },
      { attribute: 'region', values: [] },
    ],
    keep: { interests: true, languages: false },
  }
  expect(criteriaOf(given)).toEqual({
    interests: ['Café', 'Jazz'],
    interestKeys: ['cafe', 'jazz'],
    languages: ['pt', 'en'],
    asks: [{ attribute: 'verified', values: ['yes'] }],
    keepsInterests: true,
    keepsLanguages: false,
  })
})
