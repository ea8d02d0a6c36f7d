// Checks a history. It uses only the history, and nothing else from the run that has written it.
import { FaultPeriods } from './fault-periods.ts'
import type { Entry } from './history.ts'
import { Meetings } from './rules/meetings.ts'
import { Places } from './rules/places.ts'
import type { Count, Findings, RowKind, Violation } from './rules/rule.ts'
import { SessionsRule } from './rules/sessions.ts'
import { Texts } from './rules/texts.ts'
import { Story } from './story.ts'

/** What the table shows for one kind of fault. */
export interface Row {
  faults: number
  readonly counts: Map<Count, number>
  /** The longest waits, in milliseconds. */
  readonly waits: Map<string, number>
}

/** The result of {@link checkHistory}. */
export interface Verdict {
  readonly violations: readonly Violation[]
  readonly rows: ReadonlyMap<RowKind, Row>
  /** The part of the sessions with a lost connection that was resumed, from 0 to 1. */
  readonly resumedShare: number
}

/** Checks a history against every rule. Entries are in the order in which they happened. */
export function checkHistory(entries: readonly Entry[]): Verdict {
  const violations: Violation[] = []
  const rows = new Map<RowKind, Row>()
  const faults = new FaultPeriods(entries)
  const rowOf = (kind: RowKind): Row => {
    const known = rows.get(kind)
    if (known) return known
    const row = { faults: 0, counts: new Map<Count, number>(), waits: new Map<string, number>() }
    rows.set(kind, row)
    return row
  }
  const findings: Findings = {
    story: new Story(),
    faults,
    violate(t, rule, text, counted) {
      violations.push({ t, rule, text })
      if (counted) findings.count(t, counted)
    },
    count(t, what) {
      const { counts } = rowOf(faults.kindAt(t))
      counts.set(what, (counts.get(what) ?? 0) + 1)
    },
    wait(t, what, ms) {
      const { waits } = rowOf(faults.kindAt(t))
      waits.set(what, Math.max(waits.get(what) ?? 0, ms))
    },
  }
  const rules = [Places, Meetings, Texts, SessionsRule].map((RuleClass) => new RuleClass(findings))
  rowOf('none')
  for (const { kind } of faults.all) rowOf(kind).faults++
  for (const entry of entries) {
    for (const rule of rules) rule.handle(entry)
    findings.story.apply(entry)
  }
  for (const rule of rules) rule.finish()
  const total = (what: Count): number =>
    [...rows.values()].reduce((sum, { counts }) => sum + (counts.get(what) ?? 0), 0)
  const [resumed, lost] = [total('resumed'), total('lost sessions')]
  return {
    violations: violations.toSorted((one, other) => one.t - other.t),
    rows,
    resumedShare: resumed + lost === 0 ? 1 : resumed / (resumed + lost),
  }
}
