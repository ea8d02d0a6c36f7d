import type { Mode, ReportReason } from '@buddy-chat/protocol'
import type { ReportState } from './moderation.ts'

/** A report, as it is stored. Persons and addresses are keyed hashes; see `person-keys.ts`. */
export interface StoredReport {
  readonly id: string
  /** When it arrived, in milliseconds since 1970. */
  readonly atMs: number
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The reported person. */
  readonly personId: string
  /** The reported session. */
  readonly sessionId: string
  readonly reporterId: string
  readonly reporterAddress: string
  /** When the reporter's session began, in milliseconds since 1970. */
  readonly reporterSinceMs: number
  /** How many partners the reporter had met until then. */
  readonly reporterMet: number
  readonly weight: number
  readonly reason: ReportReason
  readonly note: string | null
  readonly room: string
  readonly mode: Mode
  readonly lobby: string
  readonly hasStill: boolean
  /** The decision about it; null while it is open. */
  readonly decisionId: string | null
}

/** The keys by which a ban recognises a person after the sessions of the person have ended. */
export interface StoredPerson {
  readonly personId: string
  readonly site: string
  /** The key of the visitor id. It equals `personId` if the person has no subject. */
  readonly visitorKey: string
  /** The hash of the address of the latest connection. */
  readonly addressHash: string
  /** The latest session that was reported. */
  readonly sessionId: string
  /** When the person was last reported, in milliseconds since 1970. */
  readonly atMs: number
}

/** A measure against a person. */
export interface StoredMeasure {
  readonly id: string
  readonly kind: 'warning' | 'slow' | 'ban'
  readonly personId: string
  readonly site: string
  readonly visitorKey: string
  /** The hash of the address that a ban refuses too; null if it refuses none. */
  readonly addressHash: string | null
  /** Until when a ban refuses the address, in milliseconds since 1970. */
  readonly addressUntilMs: number | null
  /** When the measure began, in milliseconds since 1970. */
  readonly atMs: number
  /** When it ends, in milliseconds since 1970; null if it holds until it is lifted. */
  readonly untilMs: number | null
  readonly reason: ReportReason
  readonly isAutomatic: boolean
  readonly by: string
  readonly decisionId: string
  /** The operator's text to the person. */
  readonly statement: string | null
}

/** Two persons who met recently, or who must not meet. */
export interface StoredPair {
  readonly kind: 'met' | 'blocked'
  readonly personA: string
  readonly personB: string
  /** In milliseconds since 1970. */
  readonly untilMs: number
}

/** The number of partners whom a person has met and reported. */
export interface StoredTally {
  readonly personId: string
  readonly met: number
  readonly reported: number
  /** When it last changed, in milliseconds since 1970. */
  readonly atMs: number
}

/** One entry of the audit log. */
export interface AuditLine {
  readonly number: number
  /** When the decision was made, in milliseconds since 1970. */
  readonly atMs: number
  /** The entry in canonical JSON, without its hash. */
  readonly text: string
  readonly hash: string
}

/** An end of the audit log: the number and the hash of an entry. */
export interface AuditMark {
  readonly number: number
  readonly hash: string
}

/** The reports of one person. */
export interface PersonReports {
  readonly personId: string
  /** The place of the latest report in the order in which reports came. No other report has it. */
  readonly place: number
  readonly total: number
}

/** A report, and its place in the order in which reports came. */
export interface PlacedReport {
  readonly place: number
  readonly report: StoredReport
}

/** A place in a list of persons: after the one whose latest report has this place. */
export interface GroupCursor {
  /**
   * Only reports up to this place count, so that a report that comes while somebody reads page by page moves no
   * person to a page that was read.
   */
  readonly upTo: number
  readonly before: number
}

/** How many open reports about one person are kept. */
export const maxOpenReports = 1000

/** Everything that ended before its time is deleted. The times are in milliseconds since 1970. */
export interface PurgeLimits {
  readonly nowMs: number
  /** Reports, persons and tallies from before this time. */
  readonly reportsBeforeMs: number
  /** Warnings that were not delivered since this time. */
  readonly warningsBeforeMs: number
  /** Entries of the audit log from before this time. */
  readonly auditBeforeMs: number
}

/**
 * The data that a server keeps for the safety of its users. Every method returns synchronously. A method that
 * writes may throw {@link StoreError}; then nothing of its `transact` is stored.
 */
export interface Store {
  /** Whether it outlives the process. */
  readonly isLasting: boolean
  /**
   * Runs `write` as one transaction.
   * @param isDurable whether the result must survive a failure of power. A killed process loses nothing
   *   either way.
   */
  transact(isDurable: boolean, write: () => void): void

  /**
   * Adds a report. Drops the oldest one if there are too many. If there are too many open ones about the person,
   * drops the oldest one from the address that sent most of them, so that no address displaces the reports of
   * others.
   */
  addReport(report: StoredReport, still: Uint8Array | undefined): void
  /** Whether this person has reported that person. */
  hasReport(reporterId: string, personId: string): boolean
  /** Returns the persons with reports in this state, the one with the latest report first. */
  groups(query: {
    readonly site: string | undefined
    readonly state: ReportState
    readonly limit: number
    readonly cursor: GroupCursor
  }): readonly PersonReports[]
  /** The place of the latest report of all; 0 if there is none. */
  readonly lastPlace: number
  /** Returns the latest {@link maxOpenReports} reports of a person, latest first. */
  reportsOf(personId: string, state: ReportState): readonly StoredReport[]
  /** Returns reports after this place, in the order in which they came. */
  reportsAfter(place: number, limit: number): readonly PlacedReport[]
  still(reportId: string): Uint8Array | undefined
  /** Makes the open reports of a person decided. */
  decideReports(personId: string, decisionId: string): void
  /** Returns how many pictures reports from this address have. */
  stillsFrom(reporterAddress: string): number

  putPerson(person: StoredPerson): void
  findPerson(personId: string): StoredPerson | undefined
  findPersonOf(sessionId: string): StoredPerson | undefined

  putMeasure(measure: StoredMeasure): void
  deleteMeasure(id: string): void
  measures(): readonly StoredMeasure[]

  putPair(pair: StoredPair): void
  pairs(): Iterable<StoredPair>

  putTally(tally: StoredTally): void
  findTally(personId: string): StoredTally | undefined

  appendAudit(line: AuditLine): void
  /** Drops all entries of the audit log. It continues after this one. */
  beginAudit(after: AuditMark): void
  /** Returns entries with a lower number than `before`, latest first. */
  audit(limit: number, before: number): readonly AuditLine[]
  /** Returns entries with a higher number than `after`, oldest first. */
  auditAfter(after: number, limit: number): readonly AuditLine[]
  /** The latest entry, as recorded beside the log; undefined if there was never one. */
  readonly auditHead: AuditMark | undefined
  /** The latest entry that was purged; undefined if none was. */
  readonly auditAnchor: AuditMark | undefined

  /** The position in the log of several nodes up to which this store has its entries; undefined if there is none. */
  readonly logPosition: string | undefined
  putLogPosition(position: string): void

  /** Deletes what has expired. */
  purge(limits: PurgeLimits): void
  close(): void
}

/** The kinds of fault of a store. */
export type StoreProblem =
  'in-use' | 'no-sqlite' | 'unreadable' | 'broken' | 'newer-version' | 'unwritable' | 'other-log'

/** The data folder cannot be used, or could not be written. The message says what the operator can do. */
export class StoreError extends Error {
  override name = 'StoreError'
  readonly code: StoreProblem

  constructor(code: StoreProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
