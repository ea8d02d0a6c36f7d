import type { ReportReason } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { Verdict } from './decisions.ts'
import { ModerationError } from './moderation.ts'
import { weigh } from './reporter-weight.ts'
import type { SafetyParts } from './safety-state.ts'
import type { StoredMeasure, StoredPerson, StoredReport } from './store.ts'

/** The reporter of a report by a rule. It counts as one reporter with the weight 1. */
const ruleReporter = {
  reporterId: 'rule',
  reporterAddress: 'rule',
  reporterSinceMs: 0,
  reporterMet: 1000,
  weight: 1,
} as const

/** Takes the measures that the rules of a site require. */
export class Rules {
  readonly #parts: SafetyParts

  constructor(parts: SafetyParts) {
    this.#parts = parts
  }

  /** Takes the measures that the rules of the site require against a person who was just reported. */
  apply(person: StoredPerson): void {
    this.#propose((id) => {
      const { rulesOf, wallNow } = this.#parts.dependencies
      const { slowAfterReports, banAfterReports, reportWindowMs, slowMs, banMs } = rulesOf(
        person.site,
      )
      const { store } = this.#parts.state()
      const nowMs = wallNow()
      const reports = this.#parts
        .read([], () => store.reportsOf(person.personId, 'open'))
        .filter(({ atMs }) => atMs > nowMs - reportWindowMs)
      const { weight } = weigh(reports)
      // The sum of several weights may be a little less than a whole number.
      const isReached = (needed: number): boolean => needed > 0 && weight + 1e-9 >= needed
      const inForce = this.#inForce(person, id)
      if (inForce.has('ban')) return undefined
      const kind = isReached(banAfterReports)
        ? 'ban'
        : isReached(slowAfterReports)
          ? 'slow'
          : undefined
      if (kind === undefined || inForce.has(kind)) return undefined
      const untilMs = nowMs + (kind === 'ban' ? banMs : slowMs)
      return { person, kind, reason: commonestReason(reports), untilMs, reports, note: null }
    })
  }

  /**
   * Slows the person of a session that sends nearly the same text to many strangers. If the person continues,
   * adds a report, so that the operator decides. The report has no text.
   */
  handleRepeatedText(session: Session, roomId: string, rooms: number, isPersistent: boolean): void {
    const { rulesOf, wallNow, createId } = this.#parts.dependencies
    const nowMs = wallNow()
    const person = this.#parts.people.personOf(session, nowMs)
    const { personId, site } = person
    const note = `nearly the same text in ${rooms} rooms`
    this.#propose((id) => {
      if (this.#inForce(person, id).size > 0) return undefined
      const untilMs = nowMs + rulesOf(site).slowMs
      return { person, kind: 'slow', reason: 'spam', untilMs, reports: [], note }
    })
    const { arrivals } = this.#parts.state()
    const isKnown = arrivals.isReported(ruleReporter.reporterId, personId)
    const room = session.participant.partner?.room
    if (!isPersistent || isKnown || !room) return
    const { mode, lobby } = room
    const report = {
      ...ruleReporter,
      id: createId(),
      atMs: nowMs,
      site,
      personId,
      sessionId: session.id,
      reason: 'spam' as const,
      note,
      room: roomId,
      mode,
      lobby,
      hasStill: false,
      decisionId: null,
    }
    this.#parts.log().add({ kind: 'report', report, person })
    this.apply(person)
  }

  /** Returns the kinds of the measures in force against a person, besides that of this decision. */
  #inForce({ personId }: StoredPerson, decisionId: string): Set<StoredMeasure['kind']> {
    const measures = this.#parts.state().measures.of(personId, 'slow', 'ban')
    const others = measures.filter((measure) => measure.decisionId !== decisionId)
    return new Set(others.map(({ kind }) => kind))
  }

  /** Makes a decision that a rule requires. If too many wait for the store, none is made. */
  #propose(verdictOf: (id: string) => Omit<Verdict, 'by' | 'isAutomatic'> | undefined): void {
    const { notify, onError } = this.#parts.dependencies
    const { writer, decisions } = this.#parts.state()
    const proposed = this.#parts.log().propose((id) => {
      const verdict = verdictOf(id)
      if (!verdict) return undefined
      if (writer.hasRoom('decision')) {
        return decisions.make({ ...verdict, by: 'rule', isAutomatic: true }, id)
      }
      notify('storeDropped', { kind: 'decision' })
      return undefined
    })
    proposed.catch((error: unknown) => {
      // The log appends the decision later.
      if (!(error instanceof ModerationError)) onError(error)
    })
  }
}

/** Returns the reason that most reports have; `other` if there is no report. */
export function commonestReason(reports: readonly Pick<StoredReport, 'reason'>[]): ReportReason {
  const counts = new Map<ReportReason, number>()
  for (const { reason } of reports) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const [first] = [...counts].sort(([, one], [, other]) => other - one)
  return first?.[0] ?? 'other'
}
