import { toList } from '../attributes.ts'
import type { ChatProperties } from '../chat-properties.ts'
import { primaryLanguages } from '../criteria/languages.ts'
import type { FieldUse } from '../view/criteria-view.ts'

/** The attributes of the element for interests and languages. */
export interface CriteriaSettings {
  /** The interests that the page presets. */
  readonly interests: readonly string[]
  readonly interestUse: FieldUse
  /** The languages that the page presets, as primary subtags. Empty for those of the browser. */
  readonly languages: readonly string[]
  readonly languageUse: FieldUse
  readonly pageLanguage: string
  /** Whether the visitor's choice is stored for the next visit. */
  readonly remembers: boolean
}

function toFieldUse(isHidden: boolean, isFixed: boolean): FieldUse {
  if (isHidden) return 'hidden'
  return isFixed ? 'fixed' : 'editable'
}

/**
 * Returns the present values of these attributes.
 * @param ownLanguage the language of the element's texts, for pages that state none
 */
export function criteriaSettingsOf(chat: ChatProperties, ownLanguage: string): CriteriaSettings {
  return {
    interests: toList(chat.interests),
    interestUse: toFieldUse(chat.nointerests, chat.fixedinterests),
    languages: primaryLanguages(toList(chat.languages)),
    languageUse: toFieldUse(chat.nolanguages, chat.fixedlanguages),
    // The root of a page with several languages may have no `lang`, or the `lang` of another part.
    pageLanguage:
      chat.closest('[lang]')?.getAttribute('lang') ||
      chat.ownerDocument.documentElement.lang ||
      ownLanguage,
    remembers: chat.remember,
  }
}
