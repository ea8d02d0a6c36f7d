import { languageName } from '../criteria/languages.ts'
import { fill, fillPlural } from '../words/fill.ts'
import type { ChatView } from './chat-view.ts'

/** How many items of a list are named. The others are counted. */
const maxNamed = 3

/** Returns items in words, such as `chess or go`, or `chess, go, tea, and 2 more`. */
export function listText(
  { words }: Pick<ChatView, 'words'>,
  type: Intl.ListFormatType,
  items: readonly string[],
): string {
  const others = items.length - maxNamed
  const named = items.slice(0, maxNamed)
  const all = others > 0 ? [...named, fillPlural(words.language, words.more, others)] : named
  return new Intl.ListFormat(words.language, { type }).format(all)
}

/** Returns languages in words, in the language of the text around them. */
export function languagesText(
  view: Pick<ChatView, 'words'>,
  type: Intl.ListFormatType,
  languages: readonly string[],
): string {
  const { language } = view.words
  return listText(
    view,
    type,
    languages.map((tag) => languageName(tag, language)),
  )
}

/** Returns whom the search accepts. */
export function searchTitle(view: ChatView): string {
  const { words, search } = view
  const interests = listText(view, 'disjunction', search?.interests ?? [])
  const languages = languagesText(view, 'disjunction', search?.languages ?? [])
  if (interests && languages) return fill(words.lookingForBoth, { interests, languages })
  if (interests) return fill(words.lookingForInterests, { interests })
  return languages ? fill(words.lookingForLanguages, { languages }) : words.looking
}

/**
 * Returns how many users are in the lobby, or why no partner is available. Undefined before the first
 * explanation of the server.
 */
export function presenceText({ words, search, online }: ChatView): string | undefined {
  const obstacle = search && words.obstacles[search.obstacle]
  if (obstacle) return obstacle
  const count = search?.online ?? online
  if (count === undefined) return undefined
  return count > 1 ? fillPlural(words.language, words.online, count) : words.alone
}

/**
 * Returns how long similar searches have waited. The words are about the past, because the wait of this
 * search is not known.
 */
export function estimateText({ words, search }: ChatView): string | undefined {
  const { estimateMs } = search ?? {}
  // While no partner is available, other waits do not predict this wait.
  if (estimateMs === undefined || search?.obstacle !== 'none') return undefined
  const seconds = Math.ceil(estimateMs / 1000)
  if (seconds <= 5) return words.estimateShort
  if (seconds > 50) {
    return fillPlural(words.language, words.estimateMinutes, Math.ceil(seconds / 60))
  }
  return fillPlural(words.language, words.estimateSeconds, Math.ceil(seconds / 10) * 10)
}

/** Returns when the search widens. Undefined if it will not. */
export function wideningText({ words, search }: ChatView): string | undefined {
  const seconds = search?.widensInSeconds
  if (seconds === undefined) return undefined
  return seconds > 0 ? fillPlural(words.language, words.widensIn, seconds) : words.widensNow
}

/** Returns why the two users met. Empty if they have nothing in common. */
export function reasonText(view: Pick<ChatView, 'words' | 'meeting'>): string {
  const { words, meeting } = view
  const interests = listText(view, 'conjunction', meeting.interests)
  const languages = languagesText(view, 'conjunction', meeting.languages)
  const reasons = [
    meeting.isRematch ? words.rematch : '',
    interests && fill(words.commonInterests, { interests }),
    languages && fill(words.commonLanguages, { languages }),
  ]
  return reasons.filter(Boolean).join(' ')
}
