import type { InterestRefusal } from '../criteria/interests.ts'

/** What the visitor looks for in a partner. */
export interface ChosenCriteria {
  readonly interests: readonly string[]
  /** Primary subtags, such as `pt`, the most wanted first. */
  readonly languages: readonly string[]
}

/** Whether the visitor can change a list, only read it, or does not see it. */
export type FieldUse = 'editable' | 'fixed' | 'hidden'

/** The latest change in a field. It is always announced to screen readers, and shown if it is a refusal. */
export interface CriteriaRemark {
  readonly field: keyof ChosenCriteria
  readonly what: InterestRefusal | 'added' | 'removed' | 'preferred'
  /** The interests or languages concerned. */
  readonly items: readonly string[]
}

/** Interests and languages, as the templates show them. */
export interface CriteriaView extends ChosenCriteria {
  readonly interestUse: FieldUse
  readonly languageUse: FieldUse
  /** Whether the visitor refuses that the search widens to other interests. */
  readonly keepsInterests: boolean
  /** Whether the visitor refuses that the search widens to other languages. */
  readonly keepsLanguages: boolean
  /** Whether the present search has no criteria. */
  readonly isOpenToAll: boolean
  /** The language of the page as a BCP 47 tag, in which the picker names languages. */
  readonly pageLanguage: string
  /** Whether the fields are open in a layout that hides them behind a button. */
  readonly isOpen: boolean
  readonly remark: CriteriaRemark | undefined
}

/** The criteria before the attributes of the element are known. */
export const initialCriteria: CriteriaView = {
  interests: [],
  languages: [],
  interestUse: 'editable',
  languageUse: 'editable',
  keepsInterests: false,
  keepsLanguages: false,
  isOpenToAll: false,
  pageLanguage: 'en',
  isOpen: false,
  remark: undefined,
}

/** Returns whether the remark is a refusal. */
export const isRefusal = ({ what }: CriteriaRemark): boolean =>
  what === 'duplicate' || what === 'too-long' || what === 'too-many'
