import { expect, test } from 'vitest'
import type { TextFilter } from './text-filter.ts'
import { filterText } from './text-filter.ts'

const noCasino: TextFilter = (text, direction) =>
  /casino/i.test(text) ? (direction === 'in' ? text.replace(/casino/gi, '***') : false) : text

test('replaces or drops texts by direction', () => {
  expect(filterText('the casino', 'in', noCasino)).toBe('the ***')
  expect(() => filterText('the casino', 'out', noCasino)).toThrow(
    expect.objectContaining({ code: 'text-filtered' }),
  )
  expect(filterText('the cinema', 'out', noCasino)).toBe('the cinema')
})

test('receives a cleaned text, so that invisible characters cannot hide a word from it', () => {
  expect(filterText('ca\u200bsi\u00adno', 'in', noCasino)).toBe('***')
  expect(filterText('hi', 'in', () => 'a\u202eb\u0000')).toBe('ab')
})

test.for<[string, TextFilter]>([
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
  ['returns nothing', (() => undefined) as unknown as TextFilter],
  ['returns true', (() => true) as unknown as TextFilter],
  ['returns a promise', (async () => 'hi') as unknown as TextFilter],
])('drops the text if the filter %s, and says why', ([, filter]) => {
  expect(() => filterText('hi', 'in', filter)).toThrow(
    expect.objectContaining({ code: 'text-filtered', cause: expect.any(Error) as Error }),
  )
})
