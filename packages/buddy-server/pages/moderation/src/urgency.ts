import type { ReportReason } from '@buddy-chat/protocol'
import type { ReportGroup } from './data.ts'
import { reasons } from './words.ts'

/**
 * Compares two groups of reports for sorting, the most urgent first: groups with a report of a minor, then
 * those with more weight, then the later ones.
 */
export function compareUrgency(one: ReportGroup, other: ReportGroup): number {
  const minors = ({ counts }: ReportGroup): number => (counts.minor ? 1 : 0)
  return (
    minors(other) - minors(one) || other.weight - one.weight || other.latestAtMs - one.latestAtMs
  )
}

/** Returns the reasons of a group, the most serious first. */
export function reasonsOf({ counts }: ReportGroup): readonly ReportReason[] {
  return reasons.filter((reason) => counts[reason])
}
