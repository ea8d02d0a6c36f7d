import { ModerationError } from './moderation.ts'
import type { GroupCursor } from './store.ts'

/** What the text of a cursor looks like, in both lists. The text itself is opaque to clients. */
export const cursorPatterns = {
  reports: /^(\d{1,15})-(\d{1,15})$/,
  bans: /^(\d{1,15})-([\w-]{1,100})$/,
} as const

/** Returns the two parts of a cursor. @throws ModerationError `invalid-query` if it has another form */
function partsOf(list: keyof typeof cursorPatterns, text: string): readonly [string, string] {
  const [, one, other] = cursorPatterns[list].exec(text) ?? []
  if (one !== undefined && other !== undefined) return [one, other]
  throw new ModerationError('invalid-query', 'before must be the cursor of an earlier answer')
}

/** Returns the cursor of a group of reports as text. */
export const groupCursorText = ({ upTo, before }: GroupCursor): string => `${upTo}-${before}`

/**
 * Returns the cursor of a group of reports that a text means.
 * @throws ModerationError `invalid-query` if it means none
 */
export function groupCursorIn(text: string): GroupCursor {
  const [upTo, before] = partsOf('reports', text)
  return { upTo: Number(upTo), before: Number(before) }
}

/** The place of a ban in a list, latest first. The id decides between bans of the same millisecond. */
interface BanCursor {
  readonly atMs: number
  readonly id: string
}

/** Returns the cursor of a ban as text. */
export const banCursorText = ({ atMs, id }: BanCursor): string => `${atMs}-${id}`

/**
 * Returns the cursor of a ban that a text means.
 * @throws ModerationError `invalid-query` if it means none
 */
export function banCursorIn(text: string): BanCursor {
  const [atMs, id] = partsOf('bans', text)
  return { atMs: Number(atMs), id }
}

/** Sorts bans, latest first. No two bans are equal. */
export function compareBans(one: BanCursor, other: BanCursor): number {
  if (one.atMs !== other.atMs) return other.atMs - one.atMs
  return one.id < other.id ? 1 : one.id > other.id ? -1 : 0
}
