// The safety of a server: it keeps reports, decides by the rules of the site, applies the decisions of the
// operator, and recognises banned people.
import type { MessageOf } from '@buddy-chat/protocol'
import type { Cancel } from '../clock.ts'
import type { ReportedEncounter } from '../engine/engine.ts'
import type { ServerObserver } from '../events.ts'
import type { Identity } from '../sessions/identity.ts'
import { dismiss } from '../sessions/dismiss.ts'
import type { ParticipantSession, Report } from '../sessions/participant.ts'
import type { Session } from '../sessions/session.ts'
import { forEachInSlices } from '../slices.ts'
import { createModeration } from './create-moderation.ts'
import { isMeasureDuration, measureDurationRule } from './measure-duration.ts'
import { MeasureDelivery } from './measure-delivery.ts'
import { measureMessage } from './measure-message.ts'
import { MemoryStore } from './memory-store.ts'
import type { Moderation } from './moderation.ts'
import { ModerationError } from './moderation.ts'
import { People } from './people.ts'
import type { AddedReport } from './reports.ts'
import { Reports } from './reports.ts'
import { commonestReason, Rules } from './rules.ts'
import type { SafetyDependencies, SafetyParts, SafetyState } from './safety-state.ts'
import { createState } from './safety-state.ts'
import type { Store, StoredPair, StoredPerson } from './store.ts'
import { StoreError } from './store.ts'

const dayMs = 86_400_000
const purgeIntervalMs = 600_000

/** The safety of one server. */
export class Safety {
  readonly moderation: Moderation
  /** Observes the events of the server. */
  readonly observer: ServerObserver
  readonly #dependencies: SafetyDependencies
  readonly #people: People
  readonly #reports: Reports
  readonly #rules: Rules
  #state: SafetyState
  #cancelPurge: Cancel | undefined

  constructor(dependencies: SafetyDependencies) {
    this.#dependencies = dependencies
    const { sessions, keys, rulesOf, wallNow } = dependencies
    this.#people = new People({ sessions, keys })
    this.#state = createState(new MemoryStore(), this.#people, dependencies)
    const parts: SafetyParts = {
      dependencies,
      people: this.#people,
      state: () => this.#state,
      read: (fallback, read) => this.#read(fallback, read),
    }
    this.#reports = new Reports(parts)
    this.#rules = new Rules(parts)
    const delivery = new MeasureDelivery(parts)
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
      joined: ({ session }) => delivery.sendMeasures(session),
      restored: ({ session }) => delivery.sendMeasures(session),
      back: ({ session }) => delivery.sendWarnings(session),
      ended: ({ session }) => this.#reports.handleEnded(session),
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
    const state = createState(store, this.#people, this.#dependencies)
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

  /** Call this with the keys that another node has banned. Ends the sessions of these people at this node. */
  handleBanned(keys: ReadonlySet<string>): Promise<void> {
    const { sessions } = this.#dependencies
    return forEachInSlices(sessions, (session) => {
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
    const reason = commonestReason(reports)
    const by = { by: 'program', isAutomatic: false, note: null }
    const untilMs = nowMs + durationMs
    this.#state.decisions.make({ person, kind: 'ban', reason, untilMs, reports, ...by })
    return true
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
