import { describe, expect, test } from 'vitest'
import type { ChatView } from './chat-view.ts'
import { initialView } from './chat-view.ts'
import type { SearchView } from './search-view.ts'
import {
  estimateText,
  listText,
  presenceText,
  reasonText,
  searchTitle,
  wideningText,
} from './search-text.ts'

const search: SearchView = {
  online: 3,
  estimateMs: undefined,
  interests: [],
  languages: [],
  obstacle: 'none',
  widensInSeconds: undefined,
}

const withSearch = (change: Partial<SearchView>): ChatView => ({
  ...initialView,
  state: 'waiting',
  search: { ...search, ...change },
})

test('names three items and counts the others', () => {
  const items = ['chess', 'go', 'tea', 'jazz', 'films']
  expect(listText(initialView, 'disjunction', items.slice(0, 2))).toBe('chess or go')
  expect(listText(initialView, 'conjunction', items)).toBe('chess, go, tea, and 2 more')
  expect(listText(initialView, 'conjunction', [])).toBe('')
})

test.for([
  [{ interests: ['chess', 'go'], languages: ['en'] }, 'who likes chess or go and speaks English…'],
  [{ interests: ['chess'] }, 'who likes chess…'],
  [{ languages: ['en', 'pl'] }, 'who speaks English or Polish…'],
  [{}, '…'],
] as const)('searchTitle for %j ends with “%s”', ([change, end]) => {
  expect(searchTitle(withSearch(change))).toBe(`Looking for someone${end === '…' ? '' : ' '}${end}`)
})

describe('presenceText', () => {
  test.for([
    [{ obstacle: 'known-people' }, 'You have just met everybody who is here.'],
    [{ obstacle: 'few-people' }, 'Nobody else is here right now.'],
    [{ online: 3 }, '3 people here now'],
    [{ online: 1 }, 'You are the only one here right now.'],
  ] as const)('for %j is “%s…”', ([change, start]) => {
    expect(presenceText(withSearch(change))).toContain(start)
  })

  test('uses the number of users on the server if there is no explanation', () => {
    expect(presenceText({ ...initialView, online: 7 })).toBe('7 people here now')
    expect(presenceText(initialView)).toBeUndefined()
  })
})

describe('estimateText', () => {
  test.for([
    [1, 'Lately others waited a few seconds.'],
    [5000, 'Lately others waited a few seconds.'],
    [5001, 'Lately others waited up to 10 seconds.'],
    [41_000, 'Lately others waited up to 50 seconds.'],
    [50_001, 'Lately others waited up to 1 minute.'],
    [61_000, 'Lately others waited up to 2 minutes.'],
  ] as const)('for %d ms never says less than the estimate: “%s”', ([estimateMs, text]) => {
    expect(estimateText(withSearch({ estimateMs }))).toBe(text)
  })

  test('is empty without an estimate, and while no partner is available', () => {
    expect(estimateText(withSearch({}))).toBeUndefined()
    expect(estimateText(withSearch({ estimateMs: 1000, obstacle: 'known-people' }))).toBeUndefined()
  })
})

test.for([
  [2, 'The search widens in 2 seconds.'],
  [1, 'The search widens in 1 second.'],
  [0, 'The search widens now.'],
  [undefined, undefined],
] as const)('wideningText for %s seconds is “%s”', ([widensInSeconds, text]) => {
  expect(wideningText(withSearch({ widensInSeconds }))).toBe(text)
})

test.for([
  [{ interests: ['chess', 'go'] }, 'You both like chess and go.'],
  [{ languages: ['pl'] }, 'You both speak Polish.'],
  [{ isRematch: true }, 'You have met before; nobody else is here.'],
  [
    { interests: ['tea'], languages: ['en', 'pl'], isRematch: true },
    'You have met before; nobody else is here. You both like tea. You both speak English and Polish.',
  ],
  [{}, ''],
] as const)('reasonText for %j is “%s”', ([change, text]) => {
  const meeting = { ...initialView.meeting, ...change }
  expect(reasonText({ ...initialView, meeting })).toBe(text)
})
