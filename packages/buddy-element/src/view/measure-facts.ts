import type { Measure } from '@buddy-chat/client'
import type { Words } from '../words/words.ts'

/** A fact about a decision of the operator: its name and its value. */
export type MeasureFact = readonly [label: string, value: string]

/** Returns the facts about a decision that the visitor must see. */
export function measureFacts(words: Words, measure: Measure): readonly MeasureFact[] {
  const { kind, reason, isAutomatic, until, decision } = measure
  const facts: MeasureFact[] = [
    [words.measureReason, words.measureReasons[reason]],
    [words.decidedBy, isAutomatic ? words.decidedAutomatically : words.decidedByModerator],
  ]
  if (until) facts.push([words.measureUntil, localTime(until)])
  else if (kind === 'ban') facts.push([words.measureUntil, words.measureForGood])
  if (decision) facts.push([words.decisionNumber, decision])
  return facts
}

/** Returns a time as the visitor's browser writes times. */
const localTime = (time: Date): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' }).format(time)
