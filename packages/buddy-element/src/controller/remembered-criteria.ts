import { addInterests } from '../criteria/interests.ts'
import { primaryLanguages } from '../criteria/languages.ts'
import type { ChosenCriteria } from '../view/criteria-view.ts'

const key = 'buddy-criteria'

function toTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.filter((item): item is string => typeof item === 'string')
}

/**
 * Returns the interests and languages that the visitor chose on this site before. Leaves out what is
 * not stored or not valid. Empty if storage is blocked.
 */
export function recallCriteria(): Partial<ChosenCriteria> {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? 'null') as Record<string, unknown> | null
    const interests = toTexts(stored?.['interests'])
    const languages = toTexts(stored?.['languages'])
    return {
      ...(interests && { interests: addInterests([], interests.join('\n')).interests }),
      ...(languages && { languages: primaryLanguages(languages) }),
    }
  } catch {
    // Storage is blocked, or the stored value is not JSON.
    return {}
  }
}

/** Stores interests and languages in `localStorage`. */
export function rememberCriteria(criteria: Partial<ChosenCriteria>): void {
  try {
    localStorage.setItem(key, JSON.stringify(criteria))
  } catch {
    // Storage is blocked or full. The visitor has to choose again.
  }
}

/** Removes what `rememberCriteria` has stored. */
export function forgetCriteria(): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage is blocked, so nothing is stored.
  }
}
