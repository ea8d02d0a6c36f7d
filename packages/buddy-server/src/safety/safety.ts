// The safety of a server: it keeps reports, decides by the rules of the site, applies the decisions of the
// operator, and recognises banned people.
import type { MessageOf, ReportReason } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { BanList, ReportedEncounter } from '../engine/engine.ts'
import type { Notify, ServerObserver } from '../events.ts'
import type { Identity } from '../sessions/identity.ts'
import type { ParticipantSession, Report } from '../sessions/participant.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { SafetyRules } from '../sites/site.ts'
import { AuditLog } from './audit-log.ts'
import { createModeration } from './create-moderation.ts'
import type { Verdict } from './decisions.ts'
import { Decisions } from './decisions.ts'
import { isMeasureDuration, measureDurationRule } from './measure-duration.ts'
import { measureMessage } from './measure-message.ts'
import { Measures } from './measures.ts'
import { MemoryStore } from './memory-store.ts'
import type { Moderation } from './moderation.ts'
import { ModerationError } from './moderation.ts'
import { People } from './people.ts'
import type { PersonKeys } from './person-keys.ts'
import { weigh, weightOf } from './reporter-weight.ts'
import { jpegIn } from './still.ts'
import type { Store, StoredMeasure, StoredPair, StoredPerson } from './store.ts'
import { StoreError } from './store.ts'
import { StoreHealth } from './store-health.ts'
import { StoreWriter } from './store-writer.ts'
import { Tallies } from './tallies.ts'

interface SafetyDependencies {
  readonly settings: () => Pick<
    ResolvedServerOptions,
    'retentionDays' | 'auditRetentionDays' | 'slowedSearchMs' | 'addressBanMs' | 'areStillsKept'
  >
  readonly rulesOf: (site: string) => SafetyRules
  readonly clock: Clock
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  readonly createId: () => string
  readonly keys: PersonKeys
  readonly bans: BanList
  readonly sessions: Pick<Sessions, 'find' | 'end'> & Iterable<Session>
  readonly notify: Notify
  readonly onError: (error: unknown) => void
}

/** The parts that depend on the store. */
interface State {
  readonly store: Store
  readonly health: StoreHealth
  readonly writer: StoreWriter
  readonly audit: AuditLog
  readonly measures: Measures
  readonly tallies: Tallies
  readonly decisions: Decisions
}

/** A report that was added. */
export interface AddedReport {
  readonly reportId: string
  readonly person: StoredPerson
  readonly note: string | null
  readonly hasStill: boolean
}

const dayMs = 86_400_000
const purgeIntervalMs = 600_000
/**
 * The maximum number of pictures from one address, so that one address cannot displace the pictures of
 * others.
 */
const maxStillsPerAddress = 20
/** The maximum number of visitor keys of ended sessions, which are kept for later reports. */
const maxEnded = 10_000

/** The reporter of a report by a rule. It counts as one reporter with the weight 1. */
const ruleReporter = {
  reporterId: 'rule',
  reporterAddress: 'rule',
  reporterSinceMs: 0,
  reporterMet: 1000,
  weight: 1,
} as const

/** The safety of one server. */
export class Safety {
  readonly moderation: Moderation
  /** Observes the events of the server. */
  readonly observer: ServerObserver
  readonly #dependencies: SafetyDependencies
  readonly #people: People
  #state: State
  #cancelPurge: Cancel | undefined
  /** Reporter and reported person of reports that wait for the store, so that no report waits twice. */
  readonly #unstoredReports = new Set<string>()
  /** The visitor keys of ended sessions whose person has a subject; the latest is last. */
  readonly #endedVisitors = new Map<string, string>()

  constructor(dependencies: SafetyDependencies) {
    this.#dependencies = dependencies
    const { sessions, keys, rulesOf, wallNow } = dependencies
    this.#people = new People({ sessions, keys })
    this.#state = this.#stateOf(new MemoryStore())
    this.moderation = createModeration({
      store: () => this.#state.store,
      audit: () => this.#state.audit,
      measures: () => this.#state.measures,
      decisions: () => this.#state.decisions,
      people: this.#people,
      slowMsOf: (site) => rulesOf(site).slowMs,
      wallNow,
    })
    this.observer = {
      joined: ({ session }) => this.#sendMeasures(session),
      restored: ({ session }) => this.#sendMeasures(session),
      back: ({ session }) => this.#sendWarnings(session),
      ended: ({ session }) => this.#handleEnded(session),
      matched: ({ room }) => {
        for (const { sessionId } of room.seats) {
          const session = sessions.find(sessionId)
          if (session) this.#read(undefined, ({ tallies }) => tallies.addMet(session.personKey))
        }
      },
    }
  }

  /**
   * Starts to use a store, and to delete what has expired. Call this before the first client.
   * @returns the pairs that must not meet, or not soon
   * @throws StoreError if the store cannot be read; then the caller closes it
   */
  open(store: Store): Iterable<StoredPair> {
    const { wallNow } = this.#dependencies
    const state = this.#stateOf(store)
    this.#state = state
    for (const measure of store.measures()) state.measures.add(measure)
    this.#purge()
    const nowMs = wallNow()
    return [...store.pairs()].filter(({ untilMs }) => untilMs > nowMs)
  }

  /** Stores what is not stored yet, and closes the store. */
  close(): void {
    this.#cancelPurge?.()
    const { writer, store } = this.#state
    const lost = writer.close()
    if (lost > 0) {
      const message = `${lost} changes could not be stored, and end with this process`
      this.#dependencies.notify('storeFailed', { error: new StoreError('unwritable', message) })
    }
    store.close()
  }

  /** Call this when the engine knows a new pair. */
  handlePair(pair: StoredPair): void {
    // The engine has it in memory anyway.
    if (!this.#state.store.isLasting) return
    const write = (store: Store): void => store.putPair(pair)
    const { writer } = this.#state
    if (pair.kind === 'blocked') writer.now(false, { kind: 'block', write })
    else writer.later({ kind: 'meeting', write })
  }

  /** Returns the ban that refuses a client; undefined if there is none. */
  findBan(identity: Identity, addressKey: string): Ban | undefined {
    const { keys, bans, rulesOf } = this.#dependencies
    // The keys of a client take time to compute, and are seldom needed.
    if (this.#state.measures.isEmpty && bans.size === 0) return undefined
    const personKey = keys.personKey(identity)
    const banKeys = this.#people.keysOf({ identity, personKey, addressKey })
    const measure = this.#state.measures.findBan(banKeys)
    if (measure) {
      const { personId, visitorKey } = banKeys
      const isOwn = [measure.personId, measure.visitorKey].some(
        (key) => key === personId || key === visitorKey,
      )
      const { addressUntilMs: untilMs } = measure
      // Other users of the address must not receive the operator's text to the person, and are refused for a
      // shorter time.
      const told = isOwn ? measure : { ...measure, untilMs, statement: null }
      return { measure: measureMessage(told, rulesOf(identity.site).appealUrl) }
    }
    // Another node may have made the ban. Its reason is not known here.
    const isBanned = Object.values(banKeys).some((key) => bans.has(key))
    return isBanned ? { measure: undefined } : undefined
  }

  /** Returns how long a search of a person must wait before it can be matched. */
  slowMsFor(personKey: string): number {
    const isSlowed = this.#state.measures.of(personKey, 'slow').length > 0
    return isSlowed ? this.#dependencies.settings().slowedSearchMs : 0
  }

  /**
   * Adds a report about a partner. The caller then calls {@link applyRules}.
   * @returns undefined if the reporter has reported this person before, also in another session
   */
  addReport(
    reporter: ParticipantSession,
    { reason, note, still }: Pick<Report, 'reason' | 'note' | 'still'>,
    encounter: ReportedEncounter,
  ): AddedReport | 'repeated' | 'unknown-person' {
    const { createId, wallNow, keys } = this.#dependencies
    const person = this.#personIn(encounter, reporter.identity.site)
    if (!person) return 'unknown-person'
    const { personId, site } = person
    const pair = `${reporter.personKey} ${personId}`
    const isRepeated =
      this.#unstoredReports.has(pair) ||
      this.#read(false, ({ store }) => store.hasReport(reporter.personKey, personId))
    if (isRepeated) return 'repeated'
    const reporterAddress = keys.addressHash(site, reporter.addressKey)
    const jpeg = this.#jpegOf(still, reporterAddress)
    const tally = this.#read({ met: 0, reported: 0 }, ({ tallies }) =>
      tallies.of(reporter.personKey),
    )
    const { roomId: room, mode, lobby, partnerId: sessionId } = encounter
    const report = {
      id: createId(),
      atMs: wallNow(),
      site,
      personId,
      sessionId,
      reporterId: reporter.personKey,
      reporterAddress,
      reporterSinceMs: reporter.sinceMs,
      reporterMet: tally.met,
      weight: weightOf(tally),
      reason,
      note: cleanText(note ?? '') || null,
      room,
      mode,
      lobby,
      hasStill: jpeg !== undefined,
      decisionId: null,
    }
    const { writer } = this.#state
    const kind = jpeg ? 'picture' : 'report'
    if (writer.hasRoom(kind)) this.#unstoredReports.add(pair)
    writer.now(false, {
      kind,
      write: (store) => {
        store.addReport(report, jpeg)
        store.putPerson(person)
      },
      onStored: () => this.#unstoredReports.delete(pair),
    })
    this.#read(undefined, ({ tallies }) => tallies.addReported(reporter.personKey))
    return { reportId: report.id, person, note: report.note, hasStill: report.hasStill }
  }

  /** Takes the measures that the rules of the site require against a person who was just reported. */
  applyRules(person: StoredPerson): void {
    const { rulesOf, wallNow } = this.#dependencies
    const { slowAfterReports, banAfterReports, reportWindowMs, slowMs, banMs } = rulesOf(
      person.site,
    )
    const { store, measures } = this.#state
    const nowMs = wallNow()
    const reports = this.#read([], () => store.reportsOf(person.personId, 'open')).filter(
      ({ atMs }) => atMs > nowMs - reportWindowMs,
    )
    const { weight } = weigh(reports)
    // The sum of several weights may be a little less than a whole number.
    const isReached = (needed: number): boolean => needed > 0 && weight + 1e-9 >= needed
    const inForce = new Set(measures.of(person.personId, 'slow', 'ban').map(({ kind }) => kind))
    if (inForce.has('ban')) return
    const kind = isReached(banAfterReports)
      ? 'ban'
      : isReached(slowAfterReports)
        ? 'slow'
        : undefined
    if (kind === undefined || inForce.has(kind)) return
    const untilMs = nowMs + (kind === 'ban' ? banMs : slowMs)
    const reason = commonestReason(reports.map((report) => report.reason))
    this.#decideByRule({ person, kind, reason, untilMs, reports, note: null })
  }

  /**
   * Slows the person of a session that sends nearly the same text to many strangers. If the person continues,
   * adds a report, so that the operator decides. The report has no text.
   */
  handleRepeatedText(session: Session, roomId: string, rooms: number, isPersistent: boolean): void {
    const { rulesOf, wallNow, createId } = this.#dependencies
    const { measures, writer } = this.#state
    const nowMs = wallNow()
    const person = this.#people.personOf(session, nowMs)
    const { personId, site } = person
    const note = `nearly the same text in ${rooms} rooms`
    if (measures.of(personId, 'slow', 'ban').length === 0) {
      const untilMs = nowMs + rulesOf(site).slowMs
      this.#decideByRule({ person, kind: 'slow', reason: 'spam', untilMs, reports: [], note })
    }
    const isKnown = this.#read(true, ({ store }) =>
      store.hasReport(ruleReporter.reporterId, personId),
    )
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
    writer.now(false, {
      kind: 'report',
      write: (store) => {
        store.addReport(report, undefined)
        store.putPerson(person)
      },
    })
    this.applyRules(person)
  }

  /**
   * Bans the person of a session, which may have ended if it was reported.
   * @returns false if no such session is known
   * @throws ModerationError `invalid-decision` for an impossible duration; `store-failed`, see
   *   {@link Decisions.make}
   */
  ban(sessionId: string, durationMs: number): boolean {
    const { wallNow } = this.#dependencies
    if (!isMeasureDuration(durationMs)) {
      throw new ModerationError('invalid-decision', `durationMs: ${measureDurationRule}`)
    }
    const session = this.#people.findSession(sessionId)
    const nowMs = wallNow()
    const person = session
      ? this.#people.personOf(session, nowMs)
      : this.#read(undefined, ({ store }) => store.findPersonOf(sessionId))
    if (!person) return false
    const reports = this.#read([], ({ store }) => store.reportsOf(person.personId, 'open'))
    const reason = commonestReason(reports.map((report) => report.reason))
    const by = { by: 'program', isAutomatic: false, note: null }
    const untilMs = nowMs + durationMs
    this.#state.decisions.make({ person, kind: 'ban', reason, untilMs, reports, ...by })
    return true
  }

  #stateOf(store: Store): State {
    const { clock, wallNow, createId, bans, rulesOf, settings, notify, onError } =
      this.#dependencies
    const health = new StoreHealth({
      clock,
      onFailed: (error) => notify('storeFailed', { error }),
      onRecovered: () => notify('storeRecovered', {}),
      onError,
    })
    const writer = new StoreWriter({
      clock,
      store,
      onFailed: (error) => health.handleWriteFailed(error),
      onRecovered: () => health.handleWriteRecovered(),
      onDropped: (kind) => notify('storeDropped', { kind }),
      onError,
    })
    const audit = new AuditLog(store)
    const measures = new Measures({ bans, wallNow })
    const tallies = new Tallies({ store, writer, wallNow })
    const addressBanMs = (): number => settings().addressBanMs
    const parts = { createId, wallNow, people: this.#people, measures, audit, writer }
    const decisions = new Decisions({ ...parts, rulesOf, addressBanMs, notify })
    return { store, health, writer, audit, measures, tallies, decisions }
  }

  /** Returns the person whom a report is about, with the address of the latest connection. */
  #personIn(
    { partner, partnerId, partnerKey }: ReportedEncounter,
    site: string,
  ): StoredPerson | undefined {
    const { wallNow, keys } = this.#dependencies
    const session = this.#people.findSession(partnerId)
    if (session) return this.#people.personOf(session, wallNow())
    // The session has ended, or has not come back after a restart. Then its address is not known.
    const personId = partner?.personKey ?? partnerKey
    if (personId === undefined) return undefined
    return {
      personId,
      site,
      visitorKey: this.#endedVisitors.get(partnerId) ?? personId,
      addressHash: partner ? keys.addressHash(site, partner.addressKey) : '',
      sessionId: partnerId,
      atMs: wallNow(),
    }
  }

  #jpegOf(still: string | null, reporterAddress: string): Uint8Array | undefined {
    if (still === null || !this.#dependencies.settings().areStillsKept) return undefined
    // Without room for the picture, the report is kept without it.
    if (!this.#state.writer.hasRoom('picture')) {
      this.#dependencies.notify('storeDropped', { kind: 'picture' })
      return undefined
    }
    const count = this.#read(Infinity, ({ store }) => store.stillsFrom(reporterAddress))
    return count < maxStillsPerAddress ? jpegIn(still) : undefined
  }

  /** Sends a client that has joined the measures that it may not have received. */
  #sendMeasures(session: Session): void {
    for (const slow of this.#state.measures.of(session.personKey, 'slow')) this.#tell(session, slow)
    this.#sendWarnings(session)
  }

  #tell(session: Session, measure: StoredMeasure): void {
    const { appealUrl } = this.#dependencies.rulesOf(session.identity.site)
    session.send(measureMessage(measure, appealUrl))
  }

  /** Sends a client the warnings that no client of this person has received. */
  #sendWarnings(session: Session): void {
    const { measures, writer } = this.#state
    for (const warning of measures.of(session.personKey, 'warning')) {
      this.#tell(session, warning)
      measures.delete(warning)
      writer.now(false, {
        kind: 'delivery',
        write: (store) => store.deleteMeasure(warning.id),
      })
    }
  }

  /** Keeps the visitor key for a later report or ban. */
  #handleEnded(session: Session): void {
    const { identity } = session
    if (identity.subject !== undefined) {
      this.#endedVisitors.set(session.id, this.#dependencies.keys.visitorKey(identity))
      const [oldest] = this.#endedVisitors.keys()
      if (this.#endedVisitors.size > maxEnded && oldest !== undefined) {
        this.#endedVisitors.delete(oldest)
      }
    }
    const known = this.#read(undefined, ({ store }) => store.findPersonOf(session.id))
    if (!known) return
    const person = this.#people.personOf(session, known.atMs)
    this.#state.writer.now(false, {
      kind: 'address',
      write: (store) => store.putPerson(person),
    })
  }

  #purge(): void {
    const { settings, wallNow, clock } = this.#dependencies
    const { retentionDays, auditRetentionDays } = settings()
    const nowMs = wallNow()
    const reportsBeforeMs = nowMs - retentionDays * dayMs
    const auditBeforeMs = nowMs - auditRetentionDays * dayMs
    const limits = { nowMs, reportsBeforeMs, warningsBeforeMs: reportsBeforeMs, auditBeforeMs }
    this.#cancelPurge = clock.after(purgeIntervalMs, () => this.#purge())
    this.#state.measures.purge(reportsBeforeMs)
    const { writer } = this.#state
    if (writer.hasRoom('purge')) {
      writer.now(false, { kind: 'purge', write: (store) => store.purge(limits) })
    }
  }

  /** Makes a decision that a rule requires. If too many wait for the store, none is made. */
  #decideByRule(verdict: Omit<Verdict, 'by' | 'isAutomatic'>): void {
    const { writer, decisions } = this.#state
    if (writer.hasRoom('decision')) {
      decisions.make({ ...verdict, by: 'rule', isAutomatic: true })
    } else this.#dependencies.notify('storeDropped', { kind: 'decision' })
  }

  /** Reads from the store; returns `fallback` if that fails. */
  #read<T>(fallback: T, read: (state: State) => T): T {
    return this.#state.health.read(fallback, () => read(this.#state))
  }
}

/** A ban that refuses a client. */
export interface Ban {
  /** The message for the client; undefined if the reason is not known here. */
  readonly measure: MessageOf<'measure'> | undefined
}

/** Returns the reason that most reports have; `other` if there is no report. */
function commonestReason(reasons: readonly ReportReason[]): ReportReason {
  const counts = new Map<ReportReason, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const [first] = [...counts].sort(([, one], [, other]) => other - one)
  return first?.[0] ?? 'other'
}
