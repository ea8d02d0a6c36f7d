import { cleanMessage } from '@buddy-chat/protocol'
import { BuddyError } from '../errors.ts'

/**
 * Decides about one text. Returns the text to use, which may be another one, or `false` to drop it. `in` is a
 * text of the partner before the page receives it, `out` one of the user before it is sent.
 */
export type TextFilter = (text: string, direction: 'in' | 'out') => string | false

/**
 * Cleans a text (see `cleanMessage`) and applies the page's filter to it. A filter that throws, or returns
 * neither a text nor `false`, drops the text: a filter that fails must not let texts through.
 * @returns the text to use; empty if it has nothing visible
 * @throws BuddyError `text-filtered` if the filter drops the text
 */
export function filterText(
  text: string,
  direction: 'in' | 'out',
  filter: TextFilter | undefined,
): string {
  const cleaned = cleanMessage(text)
  if (!filter || cleaned === '') return cleaned
  let answer: unknown
  try {
    answer = filter(cleaned, direction)
  } catch (cause) {
    throw new BuddyError('text-filtered', 'the text filter failed', { cause })
  }
  if (typeof answer === 'string') return cleanMessage(answer)
  if (answer === false) throw new BuddyError('text-filtered', 'the text filter dropped this text')
  const cause = new TypeError('textFilter must return a text or false')
  throw new BuddyError('text-filtered', 'the text filter failed', { cause })
}
