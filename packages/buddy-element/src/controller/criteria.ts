import type { AddedInterests } from '../criteria/interests.ts'
import { addInterests } from '../criteria/interests.ts'
import { browserLanguages, maxLanguages, preferLanguage } from '../criteria/languages.ts'
import type { CriteriaActions } from '../view/chat-actions.ts'
import type {
  ChosenCriteria,
  CriteriaRemark,
  CriteriaView,
  FieldUse,
} from '../view/criteria-view.ts'
import { initialCriteria } from '../view/criteria-view.ts'
import type { CriteriaSettings } from './criteria-settings.ts'
import { recallCriteria, rememberCriteria } from './remembered-criteria.ts'

interface CriteriaDependencies {
  readonly onView: (view: CriteriaView) => void
  /** Called when the criteria of the search have changed, by the page or by the visitor. */
  readonly onChange: (criteria: ChosenCriteria) => void
  /** Called when the visitor has changed interests or languages. */
  readonly onChosen: (criteria: ChosenCriteria) => void
}

const isSame = (one: readonly string[] | undefined, other: readonly string[]): boolean =>
  one?.length === other.length && one.every((item, index) => item === other[index])

/**
 * Keeps what the visitor looks for: first what the page presets or what is stored, then what the
 * visitor chooses. If the page changes a preset, the new preset replaces the visitor's choice.
 */
export class Criteria implements CriteriaActions {
  readonly #dependencies: CriteriaDependencies
  #settings: CriteriaSettings | undefined
  #view: CriteriaView = initialCriteria

  constructor(dependencies: CriteriaDependencies) {
    this.#dependencies = dependencies
  }

  /** The interests and languages of the search. */
  get chosen(): ChosenCriteria {
    const { interests, languages } = this.#view
    return { interests, languages }
  }

  /** Applies attributes that may have changed. */
  configure(settings: CriteriaSettings): void {
    const before = this.#settings
    this.#settings = { ...settings, languages: presetLanguages(settings) }
    const { interestUse, languageUse, pageLanguage, remembers } = settings
    const recalled = remembers && !before?.remembers ? recallCriteria() : {}
    const chosen = {
      interests: this.#wanted('interests', interestUse, before, recalled),
      languages: this.#wanted('languages', languageUse, before, recalled),
    }
    this.#show({ ...chosen, interestUse, languageUse, pageLanguage })
  }

  readonly addInterests = (text: string): string => {
    const result = addInterests(this.#view.interests, text)
    const remark = remarkOn(result)
    if (result.added.length > 0) this.#choose({ interests: result.interests }, remark)
    else this.#show({ remark })
    return result.rest
  }

  readonly removeInterest = (interest: string): void => {
    const interests = this.#view.interests.filter((other) => other !== interest)
    this.#choose({ interests }, { field: 'interests', what: 'removed', items: [interest] })
  }

  readonly addLanguage = (language: string): void => {
    const { languages } = this.#view
    const remark = { field: 'languages', items: [language] } as const
    if (language === '' || languages.includes(language)) return
    if (languages.length >= maxLanguages) this.#show({ remark: { ...remark, what: 'too-many' } })
    else this.#choose({ languages: [...languages, language] }, { ...remark, what: 'added' })
  }

  readonly removeLanguage = (language: string): void => {
    const languages = this.#view.languages.filter((other) => other !== language)
    this.#choose({ languages }, { field: 'languages', what: 'removed', items: [language] })
  }

  readonly preferLanguage = (language: string): void => {
    const languages = preferLanguage(this.#view.languages, language)
    if (languages === this.#view.languages) return
    this.#choose({ languages }, { field: 'languages', what: 'preferred', items: [language] })
  }

  readonly toggle = (): void => this.#show({ isOpen: !this.#view.isOpen, remark: undefined })

  readonly forgetRemark = (): void => this.#show({ remark: undefined })

  close(): void {
    this.#show({ isOpen: false })
  }

  /** Returns the list of a field after a change of the attributes. */
  #wanted(
    field: keyof ChosenCriteria,
    use: FieldUse,
    before: CriteriaSettings | undefined,
    recalled: Partial<ChosenCriteria>,
  ): readonly string[] {
    const preset = this.#settings?.[field] ?? []
    // Compares items, because frameworks set a new array with the same items at each rendering.
    const isUnchanged = isSame(before?.[field], preset)
    if (use !== 'editable') return preset
    return recalled[field] ?? (isUnchanged ? this.#view[field] : preset)
  }

  #choose(change: Partial<ChosenCriteria>, remark: CriteriaRemark | undefined): void {
    this.#show({ ...change, remark })
    this.#dependencies.onChosen(this.chosen)
    const { remembers, interestUse, languageUse } = this.#settings ?? {}
    if (!remembers) return
    const { interests, languages } = this.#view
    // What the page has fixed is not the visitor's choice.
    rememberCriteria({
      ...(interestUse === 'editable' && { interests }),
      ...(languageUse === 'editable' && { languages }),
    })
  }

  #show(change: Partial<CriteriaView>): void {
    const before = this.#view
    this.#view = { ...before, ...change }
    this.#dependencies.onView(this.#view)
    const { interests, languages } = this.#view
    if (isSame(before.interests, interests) && isSame(before.languages, languages)) return
    this.#dependencies.onChange(this.chosen)
  }
}

const presetLanguages = ({ languages }: CriteriaSettings): readonly string[] =>
  languages.length > 0 ? languages : browserLanguages()

function remarkOn({ added, refused }: AddedInterests): CriteriaRemark | undefined {
  if (refused) return { field: 'interests', what: refused.why, items: [refused.interest] }
  return added.length > 0 ? { field: 'interests', what: 'added', items: added } : undefined
}
