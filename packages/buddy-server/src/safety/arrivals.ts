import type { SafetyRules as SiteRules } from '../sites/site.ts'
import type { Notify } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import type { AuditLog } from './audit-log.ts'
import { decisionIn } from './audit-log.ts'
import type { Arrival, DecisionEntry, Fact } from './log-entry.ts'
import { measureMessage } from './measure-message.ts'
import type { Measures } from './measures.ts'
import type { People } from './people.ts'
import type {
  AuditMark,
  Store,
  StoredMeasure,
  StoredPair,
  StoredPerson,
  StoredReport,
} from './store.ts'
import type { StoreHealth } from './store-health.ts'
import type { StoreWrite, StoreWriter } from './store-writer.ts'

interface ArrivalsDependencies {
  readonly store: Store
  readonly health: StoreHealth
  readonly writer: StoreWriter
  readonly audit: AuditLog
  readonly measures: Measures
  readonly people: People
  readonly rulesOf: (site: string) => SiteRules
  /** Whether several servers share the log. */
  readonly isShared: boolean
  readonly wallNow: () => number
  readonly notify: Notify
  /** Called with each block of the log. */
  readonly onBlocked: (pair: StoredPair) => void
  /** Called when a client has received a warning. */
  readonly onWarned: (warning: StoredMeasure) => void
}

/**
 * Applies the entries that the log delivers: stores them, changes the measures in force, and then applies these to the
 * sessions of this node. If the store cannot be written, the measures hold from memory.
 */
export class Arrivals {
  readonly #dependencies: ArrivalsDependencies
  /** Reporter and reported person of reports that wait for the store, so that no report waits twice. */
  readonly #unstoredReports = new Set<string>()
  /** Measures that are not stored yet. */
  readonly #unstoredMeasures = new Set<string>()
  /**
   * Whether an entry was dropped before the store had it. Then the stored position no longer moves, so that a restart
   * reads the entry again.
   */
  #hasGap = false

  constructor(dependencies: ArrivalsDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether a measure is stored. */
  isStored(measureId: string): boolean {
    return !this.#unstoredMeasures.has(measureId)
  }

  /** Whether a person has reported another. */
  isReported(reporterId: string, personId: string): boolean {
    const { health, store } = this.#dependencies
    return (
      this.#unstoredReports.has(`${reporterId} ${personId}`) ||
      health.read(false, () => store.hasReport(reporterId, personId))
    )
  }

  /**
   * Applies entries, in their order.
   * @param position the position of the last one in the log of several nodes, which is stored with it
   * @returns the people who were reported
   */
  apply(arrivals: readonly Arrival[], position?: string): readonly StoredPerson[] {
    const { writer } = this.#dependencies
    const writes: StoreWrite[] = []
    const effects: (() => void)[] = []
    const reported: StoredPerson[] = []
    for (const { entry, still, isOwn } of arrivals) {
      if (entry.kind === 'decision') {
        const write = this.#decide(entry)
        if (!write) continue
        writes.push(write)
        effects.push(() => this.#enforce(entry, isOwn))
      } else {
        const write = this.#learn(entry, still)
        if (!write) continue
        writes.push(write)
        if (entry.kind === 'report') reported.push(entry.person)
      }
    }
    this.#hasGap ||= writes.some(({ kind }) => !writer.hasRoom(kind))
    if (position !== undefined && !this.#hasGap && writer.hasRoom('position')) {
      const write = (store: Store): void => store.putLogPosition(position)
      writes.push({ kind: 'position', write })
    }
    const isDurable = arrivals.some(({ entry }) => entry.kind === 'decision')
    if (writes.length > 0) writer.now(isDurable, ...writes)
    for (const effect of effects) effect()
    return reported
  }

  /** Puts the measure of a decision into effect at this node before the log has the decision. */
  anticipate({ person, added }: DecisionEntry): void {
    if (!added) return
    this.#dependencies.measures.add(added)
    this.#unstoredMeasures.add(added.id)
    if (added.kind === 'ban') this.#enforceBan(added, person, false)
  }

  /** Lets the audit log continue after an entry that this node does not have. */
  handleHead(head: AuditMark): void {
    const { audit, writer } = this.#dependencies
    audit.begin(head)
    writer.now(true, { kind: 'decision', write: (store) => store.beginAudit(head) })
  }

  /** Adopts a measure that the other nodes know. */
  handleMeasure(measure: StoredMeasure): void {
    const { measures, writer } = this.#dependencies
    measures.add(measure)
    writer.now(true, { kind: 'decision', write: (store) => store.putMeasure(measure) })
  }

  /** Drops a measure that the other nodes have lifted. */
  handleLifted(measure: StoredMeasure): void {
    const { measures, writer } = this.#dependencies
    measures.delete(measure)
    writer.now(true, { kind: 'decision', write: (store) => store.deleteMeasure(measure.id) })
  }

  #learn(fact: Fact, still: Uint8Array | undefined): StoreWrite | undefined {
    const { kind } = fact
    if (kind === 'report') return this.#learnReport(fact.report, fact.person, still)
    if (kind === 'address') return { kind, write: (store) => store.putPerson(fact.person) }
    if (kind === 'block') {
      this.#dependencies.onBlocked(fact.pair)
      const { store, isShared } = this.#dependencies
      // The engine of a server without others has it in memory anyway. Redis may lose it.
      if (!store.isLasting && !isShared) return undefined
      return { kind, write: (store) => store.putPair(fact.pair) }
    }
    const { measures } = this.#dependencies
    const warning = measures.find(fact.measureId)
    if (warning) measures.delete(warning)
    return { kind, write: (store) => store.deleteMeasure(fact.measureId) }
  }

  #learnReport(
    report: StoredReport,
    person: StoredPerson,
    still: Uint8Array | undefined,
  ): StoreWrite | undefined {
    const { writer } = this.#dependencies
    const { reporterId, personId } = report
    if (this.isReported(reporterId, personId)) return undefined
    const pair = `${reporterId} ${personId}`
    const kind = still ? 'picture' : 'report'
    if (writer.hasRoom(kind)) this.#unstoredReports.add(pair)
    return {
      kind,
      write: (store) => {
        store.addReport(report, still)
        store.putPerson(person)
      },
      onStored: () => this.#unstoredReports.delete(pair),
    }
  }

  #decide({
    line,
    previousHash,
    added,
    removed,
    closesReports,
    person,
    id,
  }: DecisionEntry): StoreWrite | undefined {
    const { audit, measures } = this.#dependencies
    const place = audit.accept(line, previousHash)
    if (place === 'known') return undefined
    for (const { id: ended } of removed) {
      const measure = measures.find(ended)
      if (measure) measures.delete(measure)
    }
    if (added) {
      measures.add(added)
      this.#unstoredMeasures.add(added.id)
    }
    return {
      kind: 'decision',
      write: (store) => {
        if (place === 'apart') store.beginAudit({ number: line.number - 1, hash: previousHash })
        store.appendAudit(line)
        for (const measure of removed) store.deleteMeasure(measure.id)
        if (added) store.putMeasure(added)
        if (closesReports) store.decideReports(person.personId, id)
      },
      onStored: () => {
        audit.handleStored(line)
        if (added) this.#unstoredMeasures.delete(added.id)
      },
    }
  }

  /** Applies a decision to the sessions of the person at this node. */
  #enforce({ line, added, person }: DecisionEntry, isOwn: boolean): void {
    const { people, rulesOf, notify } = this.#dependencies
    // The node that has made the decision emits the events, so that there is one of each.
    if (isOwn) notify('decided', { decision: decisionIn(line) })
    if (!added) return
    if (added.kind === 'ban') {
      this.#enforceBan(added, person, isOwn)
      return
    }
    const message = measureMessage(added, rulesOf(person.site).appealUrl)
    const sessions = people.sessionsOf(person)
    // A session that is away may end without a client. So a warning waits for a client of the person.
    const told = added.kind === 'warning' ? sessions.filter(({ isPresent }) => isPresent) : sessions
    for (const session of told) session.send(message)
    if (added.kind === 'warning' && told.length > 0) this.#dependencies.onWarned(added)
  }

  #enforceBan(measure: StoredMeasure, person: StoredPerson, isOwn: boolean): void {
    const { people, rulesOf, notify, wallNow } = this.#dependencies
    const message = measureMessage(measure, rulesOf(person.site).appealUrl)
    const sessions = people.sessionsOf(person)
    const subject = subjectOf(sessions)
    for (const session of sessions) people.dismiss(session, message)
    if (!isOwn) return
    const { untilMs } = measure
    const durationMs = untilMs === null ? null : untilMs - wallNow()
    const { sessionId, site } = person
    notify('banned', { sessionId, site, subject, measure, durationMs })
  }
}

const subjectOf = (sessions: readonly Session[]): string | undefined =>
  sessions.find(({ identity }) => identity.subject !== undefined)?.identity.subject
