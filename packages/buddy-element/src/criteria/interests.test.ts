import { describe, expect, test } from 'vitest'
import { addInterests, interestKey, splitInterests } from './interests.ts'

test.for([
  ['chess, go', ['chess', 'go']],
  ['chess;go\r\n jazz \t tea', ['chess', 'go', 'jazz', 'tea']],
  ['将棋、囲碁，jazz، شاي', ['将棋', '囲碁', 'jazz', 'شاي']],
  ['board \u00a0 games', ['board games']],
  [' , ,\u200b, \u2800,', []],
] as const)('splitInterests(%j) returns %j', ([text, interests]) => {
  expect(splitInterests(text)).toEqual(interests)
})

describe('interestKey', () => {
  test.for([
    ['Chess', 'CHESS'],
    ['chess', 'ｃｈｅｓｓ'],
    ['café', 'Cafe\u0301'],
    ['café', 'cafe'],
    ['Straße', 'STRASSE'],
    ['board games', '  board   games '],
  ] as const)('is the same for %j and %j', ([one, other]) => {
    expect(interestKey(one)).toBe(interestKey(other))
  })

  test.for([
    ['か', 'が'],
    ['йога', 'иога'],
    ['कि', 'क'],
  ] as const)('differs for %j and %j, whose marks make other letters', ([one, other]) => {
    expect(interestKey(one)).not.toBe(interestKey(other))
  })
})

describe('addInterests', () => {
  test('adds a list in order, and refuses what is in it twice', () => {
    expect(addInterests(['go'], 'chess, Chess, GO, tea')).toEqual({
      interests: ['go', 'chess', 'tea'],
      added: ['chess', 'tea'],
      refused: { interest: 'Chess', why: 'duplicate' },
      rest: '',
    })
  })

  test('accepts 48 bytes and refuses 49, which stay for a correction', () => {
    const longest = 'ß'.repeat(24)
    const result = addInterests([], `${longest}, ${longest}x, tea`)
    expect(result).toEqual({
      interests: [longest, 'tea'],
      added: [longest, 'tea'],
      refused: { interest: `${longest}x`, why: 'too-long' },
      rest: `${longest}x`,
    })
  })

  test('refuses the eleventh', () => {
    const ten = Array.from({ length: 10 }, (_, index) => `topic ${index}`)
    expect(addInterests([], [...ten, 'tea', 'go'].join(','))).toEqual({
      interests: ten,
      added: ten,
      refused: { interest: 'tea', why: 'too-many' },
      rest: 'tea, go',
    })
  })
})
