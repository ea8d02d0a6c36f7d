import { languageName } from '../criteria/languages.ts'
import { fill } from '../words/fill.ts'
import type { ChatView } from './chat-view.ts'
import type { ChosenCriteria } from './criteria-view.ts'
import { listText } from './search-text.ts'

/** Returns the words for the latest change in a field. Empty if there was none. */
export function remarkText(view: ChatView, field: keyof ChosenCriteria): string {
  const { words, criteria } = view
  const { remark, pageLanguage } = criteria
  if (remark?.field !== field) return ''
  const names = remark.items.map((item) =>
    field === 'languages' ? languageName(item, pageLanguage) : item,
  )
  const items = listText(view, 'conjunction', names)
  switch (remark.what) {
    case 'added':
    case 'removed':
    case 'preferred':
      return fill(words[remark.what], { items })
    default:
      return field === 'languages'
        ? words.tooManyLanguages
        : fill(words.interestRefused[remark.what], { interest: items })
  }
}

/** Returns the visitor's interests and languages in one line. */
export function chosenText({ criteria }: ChatView): string {
  const { interests, languages, interestUse, languageUse, pageLanguage } = criteria
  const shown = [
    ...(interestUse === 'hidden' ? [] : interests),
    ...(languageUse === 'hidden' ? [] : languages.map((tag) => languageName(tag, pageLanguage))),
  ]
  return shown.join(', ')
}
