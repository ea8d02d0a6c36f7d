import { expect, test } from 'vitest'
import {
  languageName,
  offeredLanguages,
  preferLanguage,
  primaryLanguage,
  primaryLanguages,
} from './languages.ts'

test.for([
  ['pt-BR', 'pt'],
  ['pt_BR', 'pt'],
  [' EN ', 'en'],
  ['iw', 'he'],
  ['nb-NO', 'no'],
  ['zh-Hant-TW', 'zh'],
  ['und', undefined],
  ['*', undefined],
  ['not a tag', undefined],
  ['', undefined],
] as const)('primaryLanguage(%j) is %j', ([tag, language]) => {
  expect(primaryLanguage(tag)).toBe(language)
})

test('primaryLanguages keeps the order, names each language once, and stops at eight', () => {
  expect(primaryLanguages(['en-GB', 'de', 'en', '?', 'pt-BR'])).toEqual(['en', 'de', 'pt'])
  const nine = ['en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'cs', 'sk']
  expect(primaryLanguages(nine)).toEqual(nine.slice(0, 8))
})

test('languageName uses the language of the page, and the tag if there is no name', () => {
  expect(languageName('pl', 'en')).toBe('Polish')
  expect(languageName('pl', 'de')).toBe('Polnisch')
  expect(languageName('qqq', 'en')).toBe('qqq')
  expect(languageName('pl', 'no such tag')).toBe('pl')
  expect(languageName('no such tag', 'en')).toBe('no such tag')
})

test('offeredLanguages is sorted by name, without those that are chosen', () => {
  const names = offeredLanguages(['de'], 'de').map(({ name }) => name)
  expect(names).toContain('Englisch')
  expect(names).not.toContain('Deutsch')
  expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other)))
  // Every offered language has a name, so that no visitor sees a bare tag.
  expect(names.filter((name) => /^[a-z]{2,3}$/.test(name))).toEqual([])
})

test('preferLanguage moves a language one place forward, but not the first', () => {
  expect(preferLanguage(['en', 'de', 'pl'], 'pl')).toEqual(['en', 'pl', 'de'])
  const list = ['en', 'de']
  expect(preferLanguage(list, 'en')).toBe(list)
  expect(preferLanguage(list, 'pl')).toBe(list)
})
