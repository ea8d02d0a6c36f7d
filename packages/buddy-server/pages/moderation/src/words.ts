// The words of this page for the names that the server uses.
import type { ReportReason } from '@buddy-chat/protocol'
import { printable } from '../../../src/operations/log/printable.ts'
import { formatDate } from '../../shared/time-format.ts'
import type { Decision, DecisionKind } from './data.ts'

/** The reasons, the most serious first. */
export const reasons: readonly ReportReason[] = [
  'minor',
  'threats',
  'nudity',
  'harassment',
  'spam',
  'other',
]

/** The words for each reason. */
export const reasonWords: Readonly<Record<ReportReason, string>> = {
  minor: 'A minor',
  threats: 'Threats',
  nudity: 'Nudity',
  harassment: 'Harassment',
  spam: 'Spam',
  other: 'Other',
}

/** The words for each kind of decision that was made. */
export const decisionWords: Readonly<Record<Decision['kind'], string>> = {
  dismiss: 'Dismissed',
  warn: 'Warned',
  slow: 'Slowed',
  ban: 'Banned',
  lift: 'Restriction lifted',
}

/** A choice for how long a measure holds. Null has the meaning that the server's types describe. */
export interface DurationChoice {
  readonly words: string
  readonly durationMs: number | null
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** How long a measure may hold. Empty for decisions without a duration. The first is the preset. */
export const durationChoices: Readonly<Record<DecisionKind, readonly DurationChoice[]>> = {
  dismiss: [],
  warn: [],
  slow: [
    { words: 'as configured', durationMs: null },
    { words: '1 hour', durationMs: hourMs },
    { words: '1 day', durationMs: dayMs },
    { words: '7 days', durationMs: 7 * dayMs },
  ],
  ban: [
    { words: '1 day', durationMs: dayMs },
    { words: '1 hour', durationMs: hourMs },
    { words: '7 days', durationMs: 7 * dayMs },
    { words: '30 days', durationMs: 30 * dayMs },
    { words: 'for good', durationMs: null },
  ],
}

/** The words for a site. */
export const siteWords = (key: string): string => key || '(this server)'

/** The start of a person's key, which suffices to distinguish people. */
export const personWords = (personId: string): string => personId.slice(0, 8)

/** The words for the end of a measure. */
export const untilWords = (untilMs: number | null): string =>
  untilMs === null ? 'for good' : `until ${formatDate(untilMs)}`

/**
 * Returns a text of a visitor or an operator in a form that is safe to show: its line breaks stay, and
 * characters that hide or reorder text are written as escapes.
 */
export const safeText = (text: string): string =>
  text
    .split(/\r\n|\n/)
    .map((line) => printable(line))
    .join('\n')
