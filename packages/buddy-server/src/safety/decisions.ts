import type { ReportReason } from '@buddy-chat/protocol'
import type { Notify } from '../events.ts'
import type { SafetyRules } from '../sites/site.ts'
import type { AuditLog } from './audit-log.ts'
import type { DecisionEntry } from './log-entry.ts'
import type { Measures } from './measures.ts'
import type { Decision, DecisionKind } from './moderation.ts'
import { ModerationError } from './moderation.ts'
import { weigh } from './reporter-weight.ts'
import type { StoredMeasure, StoredPerson, StoredReport } from './store.ts'
import type { StoreWriter } from './store-writer.ts'

interface DecisionsDependencies {
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly measures: Measures
  readonly audit: AuditLog
  readonly writer: StoreWriter
  readonly rulesOf: (site: string) => SafetyRules
  /** Returns the maximum time for which a ban refuses an address. */
  readonly addressBanMs: () => number
  readonly notify: Notify
}

/** A decision to make. */
export interface Verdict {
  readonly person: StoredPerson
  readonly kind: DecisionKind
  readonly reason: ReportReason
  /** When the measure ends, in milliseconds since 1970; null if it does not, or has no duration. */
  readonly untilMs: number | null
  readonly note: string | null
  readonly by: string
  readonly isAutomatic: boolean
  /** The reports on which it relies. */
  readonly reports: readonly StoredReport[]
}

const measureKinds = { warn: 'warning', slow: 'slow', ban: 'ban' } as const
const scopes = {
  dismiss: 'none',
  warn: 'notice',
  slow: 'matching',
  ban: 'service',
  lift: 'none',
} as const satisfies Record<Decision['kind'], Decision['scope']>

/** Makes decisions from the present state. A decision takes effect when the log delivers it. */
export class Decisions {
  readonly #dependencies: DecisionsDependencies

  constructor(dependencies: DecisionsDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Makes a decision. A measure replaces an earlier one of its kind against the same person.
   * @param id the id of the decision
   * @throws ModerationError `store-failed` if so many decisions wait for the store that no more are kept
   */
  make(verdict: Verdict, id: string): DecisionEntry {
    this.checkRoom()
    const { person, kind, isAutomatic } = verdict
    const added = kind === 'dismiss' ? null : this.#measureOf(verdict, id, kind)
    const removed = added ? this.#dependencies.measures.of(person.personId, added.kind) : []
    return this.#entryOf(
      { ...verdict, id, banId: kind === 'ban' ? (added?.id ?? null) : null },
      {
        added,
        removed: removed.filter(({ decisionId }) => decisionId !== id),
        // A rule's decision leaves the reports to the operator.
        closesReports: !isAutomatic,
      },
    )
  }

  /**
   * Ends a measure before its time.
   * @throws ModerationError `store-failed` as {@link make}
   */
  lift(
    measure: StoredMeasure,
    by: string,
    reports: readonly StoredReport[],
    id: string,
  ): DecisionEntry {
    this.checkRoom()
    const { personId, site, visitorKey } = measure
    const person = { personId, site, visitorKey, addressHash: '', sessionId: '', atMs: 0 }
    const rest = { note: null, by, isAutomatic: false, untilMs: null }
    return this.#entryOf(
      { person, kind: 'lift', reason: null, reports, id, banId: measure.id, ...rest },
      // The reports are closed, so that the rules do not take the same measure again.
      { added: null, removed: [measure], closesReports: true },
    )
  }

  /**
   * Refuses a decision that could not be kept: the log would have a gap without it.
   * @throws ModerationError `store-failed`
   */
  checkRoom(): void {
    const { writer, notify } = this.#dependencies
    if (writer.hasRoom('decision')) return
    notify('storeDropped', { kind: 'decision' })
    const message = 'the data folder cannot be written, and too many decisions wait for it'
    throw new ModerationError('store-failed', message)
  }

  #measureOf(
    { person, reason, untilMs, isAutomatic, by, note }: Verdict,
    decisionId: string,
    kind: 'warn' | 'slow' | 'ban',
  ): StoredMeasure {
    const { wallNow, addressBanMs } = this.#dependencies
    const { personId, site, visitorKey, addressHash } = person
    const nowMs = wallNow()
    const holdsForAddress = kind === 'ban' && addressBanMs() > 0 && addressHash !== ''
    const addressUntilMs = Math.min(untilMs ?? Infinity, nowMs + addressBanMs())
    return {
      id: `${decisionId}-m`,
      kind: measureKinds[kind],
      personId,
      site,
      visitorKey,
      addressHash: holdsForAddress ? addressHash : null,
      addressUntilMs: holdsForAddress ? addressUntilMs : null,
      atMs: nowMs,
      untilMs,
      reason,
      isAutomatic,
      by,
      decisionId,
      statement: note,
    }
  }

  #entryOf(
    decided: Omit<Verdict, 'kind' | 'reason'> & Pick<Decision, 'id' | 'kind' | 'reason' | 'banId'>,
    consequences: Pick<DecisionEntry, 'added' | 'removed' | 'closesReports'>,
  ): DecisionEntry {
    const { audit, wallNow, rulesOf } = this.#dependencies
    const { person, reports, kind, reason, untilMs, isAutomatic, by, note, id, banId } = decided
    const { personId, site } = person
    const { line, previousHash } = audit.next({
      id,
      atMs: wallNow(),
      kind,
      personId,
      site,
      scope: scopes[kind],
      untilMs,
      reason,
      ground: 'terms',
      facts: factsOf(reports),
      source: reports.length > 0 ? 'notice' : 'own-initiative',
      isAutomatic,
      by,
      note,
      banId,
      appealUrl: rulesOf(site).appealUrl || null,
    })
    return { kind: 'decision', id, line, previousHash, person, ...consequences }
  }
}

function factsOf(reports: readonly StoredReport[]): Decision['facts'] {
  return {
    reportIds: reports.map(({ id }) => id),
    counts: countReasons(reports),
    ...weigh(reports),
  }
}

/** Returns how many reports have each reason. */
export function countReasons(
  reports: readonly StoredReport[],
): Partial<Record<ReportReason, number>> {
  const counts: Partial<Record<ReportReason, number>> = {}
  for (const { reason } of reports) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
