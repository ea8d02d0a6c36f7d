import { expect, test } from 'vitest'
import { byteLength, fitNote, maxNoteBytes } from './report-note.ts'

test.for<[string, string, string]>([
  ['letters of one byte', 'a'.repeat(1001), 'a'.repeat(1000)],
  ['letters of two bytes', 'é'.repeat(501), 'é'.repeat(500)],
  ['a character of four bytes that does not fit', `${'a'.repeat(998)}😀`, 'a'.repeat(998)],
  ['a text that fits', 'Olá 😀', 'Olá 😀'],
])('fitNote cuts a note to 1000 bytes: %s', ([, text, fitted]) => {
  expect(fitNote(text)).toBe(fitted)
  expect(byteLength(fitNote(text))).toBeLessThanOrEqual(maxNoteBytes)
})
