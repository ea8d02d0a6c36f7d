// How much reports count. A report by a person who reports almost every partner counts less, and people who
// act together count once.
import type { StoredReport, StoredTally } from './store.ts'

/** The weight of a person who reports every partner. It is above 0, because that person may be right too. */
const minWeight = 0.1
/** The first reports of a person count in full, because nothing is known about the person yet. */
const reportsInFull = 3
/** Up to this share of reported partners a person's reports count in full. */
const usualShare = 0.25

/**
 * Returns the weight of a person's next report, from 0.1 to 1. Above the usual share, twice the share means a
 * quarter of the weight.
 */
export function weightOf({ met, reported }: Pick<StoredTally, 'met' | 'reported'>): number {
  if (reported < reportsInFull) return 1
  const share = reported / Math.max(met, reported)
  return Math.max(minWeight, Math.min(1, (usualShare / share) ** 2))
}

/** The independent reporters of a person. */
interface Weighed {
  /** The number of independent reporters. */
  readonly reporters: number
  /** The sum of their weights. */
  readonly weight: number
}

/** Sessions that began within this time of each other may belong to a group. */
const groupSpanMs = 60_000

/**
 * Counts the independent reporters among the reports about one person:
 * 1. A person counts once.
 * 2. An address (IPv6: a /64) counts once, however many people report from it.
 * 3. Newcomers count once together if they arrived one after another within a minute each. A newcomer is
 *    a person who had met only the reported person.
 * Of the reports that count once together, the one with the highest weight counts.
 */
export function weigh(reports: readonly StoredReport[]): Weighed {
  const byPerson = strongest(reports, ({ reporterId }) => reporterId)
  const byAddress = strongest(byPerson, ({ reporterAddress }) => reporterAddress)
  const isNewcomer = ({ reporterMet }: StoredReport): boolean => reporterMet <= 1
  const newcomers = byAddress
    .filter(isNewcomer)
    .sort((one, other) => one.reporterSinceMs - other.reporterSinceMs)
  let group = 0
  let previousMs = -Infinity
  const groupOf = new Map<StoredReport, number>()
  for (const report of newcomers) {
    if (report.reporterSinceMs - previousMs > groupSpanMs) group++
    previousMs = report.reporterSinceMs
    groupOf.set(report, group)
  }
  const independent = [
    ...byAddress.filter((report) => !isNewcomer(report)),
    ...strongest(newcomers, (report) => String(groupOf.get(report))),
  ]
  const weight = independent.reduce((sum, report) => sum + report.weight, 0)
  return { reporters: independent.length, weight }
}

/** Returns the report with the highest weight for each key. */
function strongest(
  reports: readonly StoredReport[],
  keyOf: (report: StoredReport) => string,
): StoredReport[] {
  const best = new Map<string, StoredReport>()
  for (const report of reports) {
    const key = keyOf(report)
    const known = best.get(key)
    if (!known || report.weight > known.weight) best.set(key, report)
  }
  return [...best.values()]
}
