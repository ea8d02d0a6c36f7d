import type { ClientEvents, ClientState } from '@buddy-chat/client'
import { BuddyError } from '@buddy-chat/client'
import { describe, expect, test } from 'vitest'
import type { ChatClient } from '../client/client-part.ts'
import type { ChosenCriteria, CriteriaView } from '../view/criteria-view.ts'
import { initialCriteria } from '../view/criteria-view.ts'
import { Criteria } from './criteria.ts'
import type { CriteriaSettings } from './criteria-settings.ts'

const settings: CriteriaSettings = {
  interests: ['chess'],
  interestUse: 'editable',
  languages: ['en'],
  languageUse: 'editable',
  pageLanguage: 'en',
  remembers: false,
}

type Sent = Parameters<ChatClient['setCriteria']>[0]

/** Creates criteria for a client in this state, and records what they report and what they send. */
function setUp(state: ClientState = 'idle', change: Partial<CriteriaSettings> = {}) {
  const listeners = new Map<string, (detail: object) => void>()
  const recorded = {
    sent: [] as Sent[],
    chosen: [] as ChosenCriteria[],
    errors: [] as string[],
    view: initialCriteria as CriteriaView,
  }
  const client = {
    state,
    refusal: undefined as BuddyError | undefined,
    on: (name: keyof ClientEvents, listener: (detail: object) => void) => {
      listeners.set(name, listener)
      return () => listeners.delete(name)
    },
    setCriteria: (criteria: Sent) => {
      if (client.refusal) throw client.refusal
      recorded.sent.push(criteria)
    },
  }
  const criteria = new Criteria({
    client: client as unknown as ChatClient,
    onView: (view) => (recorded.view = view),
    onChosen: (chosen) => recorded.chosen.push(chosen),
    onError: ({ code }) => recorded.errors.push(code),
  })
  criteria.listen()
  criteria.configure({ ...settings, ...change })
  recorded.sent.length = 0
  return {
    criteria,
    client,
    recorded,
    emit: (name: string, detail = {}) => listeners.get(name)?.(detail),
  }
}

describe('what the page presets', () => {
  test('is the choice until the visitor changes it', () => {
    const { criteria, recorded } = setUp()
    expect(criteria.chosen).toEqual({ interests: ['chess'], languages: ['en'] })
    criteria.addInterests('go')
    criteria.addLanguage('pl')
    expect(recorded.chosen).toEqual([
      { interests: ['chess', 'go'], languages: ['en'] },
      { interests: ['chess', 'go'], languages: ['en', 'pl'] },
    ])
  })

  test('replaces the choice when the page changes it, but not when the page sets it again', () => {
    const { criteria, recorded } = setUp()
    criteria.addInterests('go')
    // A framework sets a new array with the same items at each rendering.
    criteria.configure({ ...settings, interests: ['chess'] })
    expect(criteria.chosen.interests).toEqual(['chess', 'go'])
    criteria.configure({ ...settings, interests: ['tea'] })
    expect(criteria.chosen.interests).toEqual(['tea'])
    expect(recorded.chosen).toHaveLength(1)
  })

  test('replaces the choice when the page fixes or hides the field', () => {
    for (const use of ['fixed', 'hidden'] as const) {
      const { criteria } = setUp()
      criteria.addInterests('go')
      criteria.addLanguage('pl')
      criteria.configure({ ...settings, interestUse: use, languageUse: use })
      expect(criteria.chosen).toEqual({ interests: ['chess'], languages: ['en'] })
    }
  })
})

test('a change that changes nothing is neither reported nor sent', () => {
  const { criteria, recorded } = setUp('waiting')
  expect(criteria.addInterests('CHESS')).toBe('')
  criteria.addLanguage('en')
  criteria.addLanguage('')
  criteria.preferLanguage('en')
  criteria.configure({ ...settings, pageLanguage: 'de' })
  criteria.toggle()
  expect([recorded.sent, recorded.chosen]).toEqual([[], []])
})

test('a ninth language is refused', () => {
  const languages = ['en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'cs']
  const { criteria, recorded } = setUp('idle', { languages })
  criteria.addLanguage('sk')
  expect(criteria.chosen.languages).toHaveLength(8)
  expect(recorded.view.remark).toMatchObject({ field: 'languages', what: 'too-many' })
})

describe('during a run', () => {
  const plain = {
    interests: ['chess'],
    languages: ['en'],
    keepInterests: false,
    keepLanguages: false,
  }

  test('changes of the visitor and of the page are sent', () => {
    const { criteria, recorded } = setUp('waiting')
    criteria.addInterests('go')
    criteria.configure({ ...settings, interests: ['tea'] })
    expect(recorded.sent).toEqual([
      { ...plain, interests: ['chess', 'go'] },
      { ...plain, interests: ['tea'] },
    ])
  })

  test('nothing is sent while the client is stopped', () => {
    const { criteria, recorded } = setUp('closed')
    criteria.addInterests('go')
    criteria.keepInterests()
    expect(recorded.sent).toEqual([])
  })

  test('the visitor refuses to widen, for interests and languages on their own, until the stop', () => {
    const { criteria, client, recorded, emit } = setUp('waiting')
    criteria.keepInterests()
    criteria.keepLanguages()
    criteria.keepInterests()
    expect(recorded.sent).toEqual([
      { ...plain, keepInterests: true },
      { ...plain, keepInterests: true, keepLanguages: true },
      { ...plain, keepLanguages: true },
    ])
    client.state = 'idle'
    emit('state', { previous: 'waiting' })
    expect(criteria.searched).toEqual(plain)
  })

  test('“anybody” holds for one search, or until the visitor changes the criteria', () => {
    const { criteria, recorded, emit } = setUp('waiting')
    const anybody = { ...plain, interests: [], languages: [] }
    criteria.keepInterests()
    criteria.searchAnybody()
    expect(recorded.sent.at(-1)).toEqual(anybody)
    expect(criteria.chosen).toEqual({ interests: ['chess'], languages: ['en'] })
    emit('match')
    expect(recorded.sent.at(-1)).toEqual(plain)
    criteria.searchAnybody()
    criteria.searchAnybody()
    expect(recorded.sent.slice(-2)).toEqual([anybody, plain])
    criteria.searchAnybody()
    criteria.addInterests('go')
    expect(recorded.sent.at(-1)).toEqual({ ...plain, interests: ['chess', 'go'] })
  })

  test('the fields close at Start and at Stop, and stay open when a partner is found', () => {
    const { criteria, client, recorded, emit } = setUp()
    const enter = (state: ClientState): void => {
      const { state: previous } = client
      client.state = state
      emit('state', { previous })
    }
    criteria.toggle()
    enter('connecting')
    expect(recorded.view.isOpen).toBe(false)
    enter('waiting')
    criteria.toggle()
    enter('negotiating')
    enter('connected')
    expect(recorded.view.isOpen).toBe(true)
    enter('idle')
    expect(recorded.view.isOpen).toBe(false)
  })

  test('a preset that the client refuses is reported', () => {
    const { criteria, client, recorded } = setUp('waiting')
    client.refusal = new BuddyError('invalid-options', 'too long')
    criteria.configure({ ...settings, interests: ['x'.repeat(49)] })
    expect(recorded.errors).toEqual(['invalid-options'])
  })
})
