import { cleanText } from '@buddy-chat/protocol'
import type { ReportedEncounter } from '../engine/engine.ts'
import type { ParticipantSession, Report } from '../sessions/participant-context.ts'
import type { Session } from '../sessions/session.ts'
import { weightOf } from './reporter-weight.ts'
import type { SafetyParts } from './safety-state.ts'
import { jpegIn } from './still.ts'
import type { StoredPerson } from './store.ts'

/** A report that was added. */
export interface AddedReport {
  readonly reportId: string
  readonly person: StoredPerson
  readonly note: string | null
  readonly hasStill: boolean
}

/**
 * The maximum number of pictures from one address, so that one address cannot displace the pictures of
 * others.
 */
const maxStillsPerAddress = 20
/** The maximum number of visitor keys of ended sessions, which are kept for later reports. */
const maxEnded = 10_000

/** Receives the reports of users. */
export class Reports {
  readonly #parts: SafetyParts
  /** The visitor keys of ended sessions whose person has a subject; the latest is last. */
  readonly #endedVisitors = new Map<string, string>()

  constructor(parts: SafetyParts) {
    this.#parts = parts
  }

  /**
   * Adds a report about a partner. The caller then applies the rules of the site.
   * @returns 'repeated' if the reporter has reported this person before, also in another session
   */
  add(
    reporter: ParticipantSession,
    { reason, note, still }: Pick<Report, 'reason' | 'note' | 'still'>,
    encounter: ReportedEncounter,
  ): AddedReport | 'repeated' | 'unknown-person' {
    const { createId, wallNow, keys } = this.#parts.dependencies
    const person = this.#personIn(encounter, reporter.identity.site)
    if (!person) return 'unknown-person'
    const { personId, site } = person
    if (this.#parts.state().arrivals.isReported(reporter.personKey, personId)) return 'repeated'
    const reporterAddress = keys.addressHash(site, reporter.addressKey)
    const jpeg = this.#jpegOf(still, reporterAddress)
    const tally = this.#parts.read({ met: 0, reported: 0 }, ({ tallies }) =>
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
    this.#parts.log().add({ kind: 'report', report, person }, jpeg)
    this.#parts.read(undefined, ({ tallies }) => tallies.addReported(reporter.personKey))
    return { reportId: report.id, person, note: report.note, hasStill: report.hasStill }
  }

  /** Keeps the visitor key for a later report or ban. */
  handleEnded(session: Session): void {
    const { identity } = session
    if (identity.subject !== undefined) {
      this.#endedVisitors.set(session.id, this.#parts.dependencies.keys.visitorKey(identity))
      const [oldest] = this.#endedVisitors.keys()
      if (this.#endedVisitors.size > maxEnded && oldest !== undefined) {
        this.#endedVisitors.delete(oldest)
      }
    }
    const known = this.#parts.read(undefined, ({ store }) => store.findPersonOf(session.id))
    if (!known) return
    const person = this.#parts.people.personOf(session, known.atMs)
    this.#parts.log().add({ kind: 'address', person })
  }

  /** Returns the person whom a report is about, with the address of the latest connection. */
  #personIn(
    { partner, partnerId, partnerKey }: ReportedEncounter,
    site: string,
  ): StoredPerson | undefined {
    const { wallNow, keys } = this.#parts.dependencies
    const session = this.#parts.people.findSession(partnerId)
    if (session) return this.#parts.people.personOf(session, wallNow())
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
    if (still === null || !this.#parts.dependencies.settings().areStillsKept) return undefined
    // If the picture does not fit into the queue, the report is kept without it.
    if (!this.#parts.state().writer.hasRoom('picture')) {
      this.#parts.dependencies.notify('storeDropped', { kind: 'picture' })
      return undefined
    }
    const count = this.#parts.read(Infinity, ({ store }) => store.stillsFrom(reporterAddress))
    return count < maxStillsPerAddress ? jpegIn(still) : undefined
  }
}
