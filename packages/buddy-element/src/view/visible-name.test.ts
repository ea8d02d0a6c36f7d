import { describe, expect, test } from 'vitest'
import { initialOf, visibleName } from './visible-name.ts'

describe('visibleName returns the fallback for a name without a visible character', () => {
  for (const [what, name] of [
    ['an empty name', ''],
    ['only combining marks', '\u0301\u0302\u0303\u0304\u0305'],
    ['an object replacement character', '\uFFFC'],
    ['Hangul fillers', '\u3164\u115F\u1160\uFFA0'],
    ['variation selectors and joiners', '\uFE0F\u200D\uFE0E'],
    ['an empty Braille pattern', '\u2800'],
    ['spaces', ' \u00A0\u3000\u2003'],
    ['tag characters', '\u{E0041}\u{E0042}'],
    ['enclosing marks without a letter', '\u20DD\u20E3'],
  ] as const) {
    test(what, () => expect(visibleName(name, 'Stranger')).toBe('Stranger'))
  }
})

test('visibleName returns a name with a visible character unchanged', () => {
  for (const name of ['Ana', 'Zoë', 'e\u0301', 'न\u093F', '林', '👩‍🚀', '◌', '✌️', '.', 'ㅤA']) {
    expect(visibleName(name, 'Stranger')).toBe(name)
  }
})

test('initialOf returns the first visible character', () => {
  expect(initialOf('\u0301\u0302bob')).toBe('B')
  expect(initialOf('élodie')).toBe('É')
  expect(initialOf('\uFFFC')).toBe('?')
})
