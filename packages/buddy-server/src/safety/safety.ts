// The safety of a server: it keeps reports, decides by the rules of the site, applies the decisions of the
// operator, and recognises banned people.
import type { MessageOf } from '@buddy-chat/protocol'
import type { Cancel } from '../clock.ts'
import type { ReportedEncounter } from '../engine/engine.ts'
import type { ServerObserver } from '../events.ts'
import type { Identity } from '../sessions/identity.ts'
import { dismiss } from '../sessions/dismiss.ts'
import type { ParticipantSession, Report } from '../sessions/participant-context.ts'
import type { Session } from '../sessions/session.ts'
import { forEachInSlices } from '../slices.ts'
import { createModeration } from './create-moderation.ts'
import type { SafetyLog } from './log-entry.ts'
import { LocalLog } from './log-entry.ts'
import { historyOf } from './log-history.ts'
import { isMeasureDuration, measureDurationRule } from './measure-duration.ts'
import { MeasureDelivery } from './measure-delivery.ts'
import { measureMessage } from './measure-message.ts'
import { MemoryStore } from './memory-store.ts'
import type { Moderation } from './moderation.ts'
import { ModerationError } from './moderation.ts'
import { People } from './people.ts'
import { RedisLog } from './redis-log.ts'
import type { AddedReport } from './reports.ts'
import { Reports } from './reports.ts'
import { commonestReason, Rules } from './rules.ts'
import type { SafetyDependencies, SafetyParts, SafetyState } from './safety-state.ts'
import { createState } from './safety-state.ts'
import type { Store, StoredPair, StoredPerson } from './store.ts'
import { StoreError } from './store.ts'

const dayMs = 86_400_000
const purgeIntervalMs = 600_000
const learnIntervalMs = 1000

const otherLog =
  'DATA_DIR has an audit log of its own, and the servers at REDIS_URL have another: export it (buddy-server audit export), move the folder away, and start again'

/** The safety of one server. */
export class Safety {
  readonly moderation: Moderation
  /** Observes the events of the server. */
  readonly observer: ServerObserver
  readonly #dependencies: SafetyDependencies
  readonly #people: People
  readonly #reports: Reports
  readonly #rules: Rules
  readonly #createState: (store: Store) => SafetyState
  readonly #log: SafetyLog
  readonly #sharedLog: RedisLog | undefined
  #state: SafetyState
  #cancelPurge: Cancel | undefined
  #cancelLearning: Cancel | undefined
  #cancelSharing: Cancel | undefined
  /** Whether the log has what this node knew before it shared the log. */
  #isHistoryShared = true

  constructor(dependencies: SafetyDependencies) {
    this.#dependencies = dependencies
    const { sessions, keys, rulesOf, wallNow } = dependencies
    this.#people = new People({ sessions, keys })
    this.#sharedLog = dependencies.shared && this.#createSharedLog(dependencies.shared)
    this.#log =
      this.#sharedLog ??
      new LocalLog(dependencies.createId, (arrivals) => {
        this.#state.arrivals.apply(arrivals)
      })
    const parts: SafetyParts = {
      dependencies,
      people: this.#people,
      state: () => this.#state,
      log: () => this.#log,
      read: (fallback, read) => this.#read(fallback, read),
    }
    this.#reports = new Reports(parts)
    this.#rules = new Rules(parts)
    const delivery = new MeasureDelivery(parts)
    this.#createState = (store) =>
      createState(store, this.#people, dependencies, (warning) => delivery.handleWarned(warning))
    this.#state = this.#createState(new MemoryStore())
    this.moderation = createModeration({
      store: () => this.#state.store,
      audit: () => this.#state.audit,
      measures: () => this.#state.measures,
      decisions: () => this.#state.decisions,
      log: () => this.#log,
      isStored: (measureId) => this.#state.arrivals.isStored(measureId),
      people: this.#people,
      slowMsOf: (site) => rulesOf(site).slowMs,
      wallNow,
    })
    this.observer = {
      joined: ({ session }) => delivery.sendMeasures(session),
      restored: ({ session }) => delivery.sendMeasures(session),
      back: ({ session }) => delivery.sendWarnings(session),
      ended: ({ session }) => this.#reports.handleEnded(session),
    }
  }

  /**
   * Starts to use a store, and to delete what has expired. Call this before the first client.
   * @returns the pairs that must not meet, or not soon
   * @throws StoreError if the store cannot be read; then the caller closes it
   */
  open(store: Store): Iterable<StoredPair> {
    const state = this.#createState(store)
    this.#state = state
    for (const measure of store.measures()) state.measures.add(measure)
    this.#purge()
    return this.pairs()
  }

  /** Returns the pairs that must not meet, or not soon. */
  pairs(): Iterable<StoredPair> {
    const nowMs = this.#dependencies.wallNow()
    return [...this.#state.store.pairs()].filter(({ untilMs }) => untilMs > nowMs)
  }

  /**
   * Learns what the other servers know. Call this after {@link open}, and before the first client. If Redis cannot be
   * reached, this happens later.
   * @throws StoreError if the store has an audit log that is not the common one
   */
  async connect(): Promise<void> {
    const log = this.#sharedLog
    if (!log) return
    const { store, audit } = this.#state
    const position = store.logPosition
    const isNew = position === undefined
    if (isNew && audit.head.number > 0 && (await log.hasOtherHead())) {
      throw new StoreError('other-log', otherLog)
    }
    if (isNew) await this.#shareHistory(log)
    await log.open(position)
    await this.#learnMeasures(log, isNew)
  }

  /** Appends what this node knew before to the log. If Redis cannot be reached, tries again later. */
  async #shareHistory(log: RedisLog): Promise<void> {
    const { wallNow, clock, onError } = this.#dependencies
    const { store } = this.#state
    const history = store.isLasting ? historyOf(store, wallNow()) : undefined
    this.#isHistoryShared = false
    try {
      if (history) await log.share(history)
      this.#isHistoryShared = true
    } catch (error) {
      onError(error)
      this.#cancelSharing = clock.after(learnIntervalMs, () => void this.#shareHistory(log))
    }
  }

  /** Adds the measures of this server to the common ones again, because Redis has lost its data. */
  shareMeasures(): void {
    this.#sharedLog?.remember([...this.#state.measures.all()])
  }

  /** Makes the measures in force those of all servers. If Redis cannot be reached, tries again later. */
  async #learnMeasures(log: RedisLog, isNew: boolean): Promise<void> {
    const common = await log.measures()
    const { measures, arrivals } = this.#state
    if (!common) {
      const { clock } = this.#dependencies
      this.#cancelLearning = clock.after(learnIntervalMs, () => {
        void this.#learnMeasures(log, isNew)
      })
      return
    }
    const ids = new Set(common.map(({ id }) => id))
    const missing = [...measures.all()].filter(({ id }) => !ids.has(id))
    // An empty Redis has lost them. Otherwise they were lifted so long ago that the log no longer has it.
    if (isNew || common.length === 0) log.remember(missing)
    else for (const measure of missing) arrivals.handleLifted(measure)
    for (const measure of common) if (!measures.find(measure.id)) arrivals.handleMeasure(measure)
  }

  /** Stores what is not stored yet, and closes the store. */
  async close(): Promise<void> {
    this.#cancelPurge?.()
    this.#cancelLearning?.()
    this.#cancelSharing?.()
    const { writer, store } = this.#state
    const unsent = (await this.#sharedLog?.close()) ?? 0
    const lost = writer.close() + unsent
    if (lost > 0) {
      const message = `${lost} changes could not be stored, and end with this process`
      this.#dependencies.notify('storeFailed', { error: new StoreError('unwritable', message) })
    }
    store.close()
  }

  /** Call this when a person of this server has met a partner. */
  handleMet(personKey: string): void {
    this.#read(undefined, ({ tallies }) => tallies.addMet(personKey))
  }

  /** Call this when the engine knows a new pair. */
  handlePair(pair: StoredPair): void {
    if (pair.kind === 'blocked') {
      this.#log.add({ kind: 'block', pair })
      return
    }
    const { writer, store } = this.#state
    // The engine has it in memory anyway.
    if (!store.isLasting) return
    writer.later({ kind: 'meeting', write: (kept) => kept.putPair(pair) })
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

  /** Call this with the keys that another node has banned. Ends the sessions of these people at this node. */
  async handleBanned(keys: ReadonlySet<string>): Promise<void> {
    const { sessions } = this.#dependencies
    // The log has the reason, which the clients receive first.
    await this.#sharedLog?.catchUp()
    await forEachInSlices(sessions, (session) => {
      if (this.#people.isAnyOf(session, keys)) dismiss(session, 'banned', sessions)
    })
  }

  /** Returns how long a search of a person must wait before it can be matched. */
  slowMsFor(personKey: string): number {
    const isSlowed = this.#state.measures.of(personKey, 'slow').length > 0
    return isSlowed ? this.#dependencies.settings().slowedSearchMs : 0
  }

  /** Adds a report; see {@link Reports.add}. The caller then calls {@link applyRules}. */
  addReport(
    reporter: ParticipantSession,
    report: Pick<Report, 'reason' | 'note' | 'still'>,
    encounter: ReportedEncounter,
  ): AddedReport | 'repeated' | 'unknown-person' {
    return this.#reports.add(reporter, report, encounter)
  }

  /** Takes the measures that the rules of the site require against a person who was just reported. */
  applyRules(person: StoredPerson): void {
    this.#rules.apply(person)
  }

  /** Call this when a session sends nearly the same text to many strangers. */
  handleRepeatedText(session: Session, roomId: string, rooms: number, isPersistent: boolean): void {
    this.#rules.handleRepeatedText(session, roomId, rooms, isPersistent)
  }

  /**
   * Bans the person of a session, which may have ended if it was reported.
   * @returns false if no such session is known
   * @throws ModerationError `invalid-decision` for an impossible duration; `store-failed` if no more decisions are kept
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
    this.#state.decisions.checkRoom()
    const banned = this.#log.propose((id) => {
      const { store, decisions } = this.#state
      const reports = this.#read([], () => store.reportsOf(person.personId, 'open'))
      const reason = commonestReason(reports)
      const by = { by: 'program', isAutomatic: false, note: null }
      const untilMs = nowMs + durationMs
      return decisions.make({ person, kind: 'ban', reason, untilMs, reports, ...by }, id)
    })
    banned.catch((error: unknown) => {
      // It holds here, and is appended later.
      if (!(error instanceof ModerationError)) this.#dependencies.onError(error)
    })
    return true
  }

  #createSharedLog(shared: NonNullable<SafetyDependencies['shared']>): RedisLog {
    const { clock, createId, notify, onError, settings } = this.#dependencies
    return new RedisLog({
      ...shared,
      clock,
      createId,
      retentionMs: () => Math.max(settings().retentionDays, settings().auditRetentionDays) * dayMs,
      stillMs: () => settings().retentionDays * dayMs,
      head: () => this.#state.audit.head,
      onHead: (head) => this.#state.arrivals.handleHead(head),
      deliver: (arrivals, position, isLive) => {
        // Without a position, the next start shares the history again.
        const stored = this.#isHistoryShared ? position : undefined
        const reported = this.#state.arrivals.apply(arrivals, stored)
        // After a start, their decisions follow in the log.
        if (isLive) for (const person of reported) this.#rules.apply(person)
      },
      anticipate: (entry) => this.#state.arrivals.anticipate(entry),
      onDropped: (kind) => notify('storeDropped', { kind }),
      onError,
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
    this.#sharedLog?.forget(this.#state.measures.purge(reportsBeforeMs))
    const { writer } = this.#state
    if (writer.hasRoom('purge')) {
      writer.now(false, { kind: 'purge', write: (store) => store.purge(limits) })
    }
  }

  /** Reads from the store; returns `fallback` if that fails. */
  #read<T>(fallback: T, read: (state: SafetyState) => T): T {
    return this.#state.health.read(fallback, () => read(this.#state))
  }
}

/** A ban that refuses a client. */
export interface Ban {
  /** The message for the client; undefined if the reason is not known here. */
  readonly measure: MessageOf<'measure'> | undefined
}
