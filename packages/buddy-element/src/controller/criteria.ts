import type { BuddyError, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
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
import { isRunning } from '../view/is-running.ts'
import type { CriteriaSettings } from './criteria-settings.ts'
import { recallCriteria, rememberCriteria } from './remembered-criteria.ts'

interface CriteriaDependencies {
  readonly client: Pick<ChatClient, 'on' | 'setCriteria' | 'state'>
  readonly onView: (view: CriteriaView) => void
  /** Called when the visitor has changed interests or languages. */
  readonly onChosen: (criteria: ChosenCriteria) => void
  /** Called when the client refuses criteria that the page has changed during a run. */
  readonly onError: (error: BuddyError) => void
}

const isSame = (one: readonly string[] | undefined, other: readonly string[]): boolean =>
  one?.length === other.length && one.every((item, index) => item === other[index])

/**
 * Holds the visitor's criteria: at first the presets of the page or the stored choice, then the visitor's
 * choice. If the page changes a preset, the new preset replaces the visitor's choice.
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

  /** The criteria as the client needs them. */
  get searched(): Parameters<ChatClient['setCriteria']>[0] {
    const { interests, languages, keepsInterests, keepsLanguages, isOpenToAll } = this.#view
    if (isOpenToAll) {
      return { interests: [], languages: [], keepInterests: false, keepLanguages: false }
    }
    return { interests, languages, keepInterests: keepsInterests, keepLanguages: keepsLanguages }
  }

  listen(): Unsubscribe[] {
    const { client } = this.#dependencies
    return [
      // The next search uses the visitor's choice again.
      client.on('match', () => this.#change({ isOpenToAll: false })),
      client.on('state', ({ previous }) => {
        if (!isRunning(client)) this.#show({ ...unrefused, ...closed })
        else if (!isRunning({ state: previous })) this.#show(closed)
      }),
    ]
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
    this.#change({ ...chosen, interestUse, languageUse, pageLanguage })
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

  readonly keepInterests = (): void => this.#change({ keepsInterests: !this.#view.keepsInterests })

  readonly keepLanguages = (): void => this.#change({ keepsLanguages: !this.#view.keepsLanguages })

  readonly searchAnybody = (): void =>
    this.#change({
      isOpenToAll: !this.#view.isOpenToAll,
      keepsInterests: false,
      keepsLanguages: false,
    })

  readonly toggle = (): void => this.#show({ ...closed, isOpen: !this.#view.isOpen })

  readonly forgetRemark = (): void => this.#show({ remark: undefined })

  close(): void {
    this.#show(closed)
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
    this.#change({ ...change, remark, isOpenToAll: false })
    this.#dependencies.onChosen(this.chosen)
    const { remembers, interestUse, languageUse } = this.#settings ?? {}
    if (!remembers) return
    const { interests, languages } = this.#view
    // A fixed preset is not the visitor's choice, so it is not stored.
    rememberCriteria({
      ...(interestUse === 'editable' && { interests }),
      ...(languageUse === 'editable' && { languages }),
    })
  }

  #show(change: Partial<CriteriaView>): void {
    this.#view = { ...this.#view, ...change }
    this.#dependencies.onView(this.#view)
  }

  /** Shows a change, and passes it to the client. */
  #change(change: Partial<CriteriaView>): void {
    const before = JSON.stringify(this.searched)
    this.#show(change)
    const { client, onError } = this.#dependencies
    if (!isRunning(client) || JSON.stringify(this.searched) === before) return
    try {
      client.setCriteria(this.searched)
    } catch (error) {
      // A preset of the page may be too long or have too many items.
      if (!isBuddyError(error)) throw error
      onError(error)
    }
  }
}

/** A choice about widening holds until the chat is stopped. */
const unrefused = { keepsInterests: false, keepsLanguages: false, isOpenToAll: false } as const

const closed = { isOpen: false, remark: undefined } as const

const presetLanguages = ({ languages }: CriteriaSettings): readonly string[] =>
  languages.length > 0 ? languages : browserLanguages()

function remarkOn({ added, refused }: AddedInterests): CriteriaRemark | undefined {
  if (refused) return { field: 'interests', what: refused.why, items: [refused.interest] }
  return added.length > 0 ? { field: 'interests', what: 'added', items: added } : undefined
}
