import type { ReportReason } from '@buddy-chat/protocol'
import type { Notify } from '../events.ts'
import type { SafetyRules } from '../sites/site.ts'
import type { AuditLog } from './audit-log.ts'
import { measureMessage } from './measure-message.ts'
import type { Measures } from './measures.ts'
import type { Decision, DecisionKind } from './moderation.ts'
import { ModerationError } from './moderation.ts'
import type { People } from './people.ts'
import { weigh } from './reporter-weight.ts'
import type { StoredMeasure, StoredPerson, StoredReport } from './store.ts'
import type { StoreWriter } from './store-writer.ts'

interface DecisionsDependencies {
  readonly createId: () => string
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly people: People
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

/**
 * Makes decisions: records them in the audit log, stores their measures, and only then applies them to the
 * sessions of the person. If the store cannot be written, the measures hold from memory.
 */
export class Decisions {
  readonly #dependencies: DecisionsDependencies
  /** Measures that are not stored yet. */
  readonly #unstored = new Set<string>()

  constructor(dependencies: DecisionsDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether a measure is stored. */
  isStored(measureId: string): boolean {
    return !this.#unstored.has(measureId)
  }

  /**
   * Makes a decision. A measure replaces an earlier one of its kind against the same person.
   * @throws ModerationError `store-failed` if so many decisions wait for the store that no more are kept
   */
  make(verdict: Verdict): Decision {
    const { measures } = this.#dependencies
    this.#checkRoom()
    const { person, kind, isAutomatic } = verdict
    const id = this.#dependencies.createId()
    const measure = kind === 'dismiss' ? undefined : this.#measureOf(verdict, id, kind)
    const known = this.#dependencies.people.sessionsOf(person)
    // A session that is away may end without a client. So a warning goes to those that have one or, if there are
    // none, is kept for the next client of the person.
    const sessions = kind === 'warn' ? known.filter(({ isPresent }) => isPresent) : known
    const isKept = measure && (kind !== 'warn' || sessions.length === 0)
    const replaced = measure ? measures.of(person.personId, measure.kind) : []
    const decision = this.#record(
      { ...verdict, id, banId: kind === 'ban' ? (measure?.id ?? null) : null },
      {
        added: isKept ? measure : undefined,
        removed: replaced,
        // A rule's decision leaves the reports to the operator.
        closesReports: !isAutomatic,
      },
    )
    if (measure) this.#apply(measure, person, sessions)
    return decision
  }

  /**
   * Ends a measure before its time.
   * @throws ModerationError `store-failed` as {@link make}
   */
  lift(measure: StoredMeasure, by: string, reports: readonly StoredReport[]): Decision {
    this.#checkRoom()
    const { personId, site, visitorKey } = measure
    const person = { personId, site, visitorKey, addressHash: '', sessionId: '', atMs: 0 }
    const id = this.#dependencies.createId()
    const rest = { note: null, by, isAutomatic: false, untilMs: null }
    return this.#record(
      { person, kind: 'lift', reason: null, reports, id, banId: measure.id, ...rest },
      // The reports are closed, so that the rules do not take the same measure again.
      { added: undefined, removed: [measure], closesReports: true },
    )
  }

  /** Refuses a decision that could not be kept: the log would have a gap without it. */
  #checkRoom(): void {
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
    const { createId, wallNow, addressBanMs } = this.#dependencies
    const { personId, site, visitorKey, addressHash } = person
    const nowMs = wallNow()
    const holdsForAddress = kind === 'ban' && addressBanMs() > 0 && addressHash !== ''
    const addressUntilMs = Math.min(untilMs ?? Infinity, nowMs + addressBanMs())
    return {
      id: createId(),
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

  /** Records a decision, and stores it with its measures in one transaction. */
  #record(
    decided: Omit<Verdict, 'kind' | 'reason'> & Pick<Decision, 'id' | 'kind' | 'reason' | 'banId'>,
    {
      added,
      removed,
      closesReports,
    }: {
      readonly added: StoredMeasure | undefined
      readonly removed: readonly StoredMeasure[]
      readonly closesReports: boolean
    },
  ): Decision {
    const { audit, writer, measures, wallNow, rulesOf, notify } = this.#dependencies
    const { person, reports, kind, reason, untilMs, isAutomatic, by, note, id, banId } = decided
    const { personId, site } = person
    const { decision, line } = audit.add({
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
    if (added) this.#unstored.add(added.id)
    writer.now(true, {
      kind: 'decision',
      write: (store) => {
        store.appendAudit(line)
        for (const measure of removed) store.deleteMeasure(measure.id)
        if (added) store.putMeasure(added)
        if (closesReports) store.decideReports(personId, id)
      },
      onStored: () => {
        audit.handleStored(line)
        if (added) this.#unstored.delete(added.id)
      },
    })
    for (const measure of removed) measures.delete(measure)
    if (added) measures.add(added)
    notify('decided', { decision })
    return decision
  }

  #apply(
    measure: StoredMeasure,
    person: StoredPerson,
    sessions: ReturnType<People['sessionsOf']>,
  ): void {
    const { people, rulesOf, notify, wallNow } = this.#dependencies
    const message = measureMessage(measure, rulesOf(person.site).appealUrl)
    if (measure.kind !== 'ban') {
      for (const session of sessions) session.send(message)
      return
    }
    const { untilMs } = measure
    const durationMs = untilMs === null ? null : untilMs - wallNow()
    const subject = sessions.find(({ identity }) => identity.subject !== undefined)?.identity
      .subject
    for (const session of sessions) people.dismiss(session, message)
    const { sessionId, site } = person
    notify('banned', { sessionId, site, subject, measure, durationMs })
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
