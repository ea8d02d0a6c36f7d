import { describe, expect, test } from 'vitest'
import type { ChosenCriteria } from '../view/criteria-view.ts'
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

/** Creates criteria with these settings, and records what they report. */
function setUp(change: Partial<CriteriaSettings> = {}) {
  const changes: ChosenCriteria[] = []
  const choices: ChosenCriteria[] = []
  const criteria = new Criteria({
    onView: () => undefined,
    onChange: (changed) => changes.push(changed),
    onChosen: (chosen) => choices.push(chosen),
  })
  criteria.configure({ ...settings, ...change })
  return { criteria, changes, choices }
}

describe('what the page presets', () => {
  test('is the choice until the visitor changes it', () => {
    const { criteria, choices } = setUp()
    expect(criteria.chosen).toEqual({ interests: ['chess'], languages: ['en'] })
    criteria.addInterests('go')
    criteria.addLanguage('pl')
    expect(choices).toEqual([
      { interests: ['chess', 'go'], languages: ['en'] },
      { interests: ['chess', 'go'], languages: ['en', 'pl'] },
    ])
  })

  test('replaces the choice when the page changes it, but not when the page sets it again', () => {
    const { criteria, changes, choices } = setUp()
    criteria.addInterests('go')
    // A framework sets a new array with the same items at each rendering.
    criteria.configure({ ...settings, interests: ['chess'] })
    expect(criteria.chosen.interests).toEqual(['chess', 'go'])
    criteria.configure({ ...settings, interests: ['tea'] })
    expect(changes.at(-1)).toEqual({ interests: ['tea'], languages: ['en'] })
    expect(choices).toHaveLength(1)
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

test('a change that changes nothing is not reported', () => {
  const { criteria, changes, choices } = setUp()
  const before = changes.length
  expect(criteria.addInterests('CHESS')).toBe('')
  criteria.addLanguage('en')
  criteria.addLanguage('')
  criteria.preferLanguage('en')
  expect([changes.length, choices.length]).toEqual([before, 0])
})

test('a ninth language is refused', () => {
  const { criteria } = setUp({ languages: ['en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'cs'] })
  criteria.addLanguage('sk')
  expect(criteria.chosen.languages).toHaveLength(8)
})
