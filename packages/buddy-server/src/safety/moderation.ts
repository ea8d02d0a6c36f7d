// The moderation of a server: reports, decisions, bans and the audit log. `BuddyServer.moderation`, the HTTP
// endpoints below /moderation and the dashboard have these types in common, also in JSON.
import type { Mode, ReportReason } from '@buddy-chat/protocol'

/** The kinds of decision about a reported person. */
export const decisionKinds = ['dismiss', 'warn', 'slow', 'ban'] as const

/** The name of one of {@link decisionKinds}. */
export type DecisionKind = (typeof decisionKinds)[number]

/** One report. */
export interface ReportEntry {
  readonly id: string
  /** When the server received it, in milliseconds since 1970. */
  readonly atMs: number
  readonly reason: ReportReason
  /** The reporter's note; null if there is none. */
  readonly note: string | null
  /** Whether {@link Moderation.still} returns a picture. */
  readonly hasStill: boolean
  readonly room: string
  readonly mode: Mode
  readonly lobby: string
  /** The session that was reported. */
  readonly sessionId: string
  /** The person who reported; see `person-keys.ts`. */
  readonly reporterId: string
  /** How much the report counts, from 0.1 to 1; see `reporter-weight.ts`. */
  readonly weight: number
}

/** All reports of one person that are open, or that were decided. */
export interface ReportGroup {
  /** A keyed hash of the person. It is the same in each session of the person at this site. */
  readonly personId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  readonly state: ReportState
  /** Whether the person has a session at this server now. */
  readonly isOnline: boolean
  /** The sessions that were reported, latest first. At most 20. */
  readonly sessionIds: readonly string[]
  /** When the latest report arrived, in milliseconds since 1970. */
  readonly latestAtMs: number
  /** How many of the reports have each reason. Reasons without a report are missing. */
  readonly counts: Readonly<Partial<Record<ReportReason, number>>>
  /** How many independent reporters there are; see `reporter-weight.ts`. */
  readonly reporters: number
  /** The sum of the weights of the independent reporters. */
  readonly weight: number
  /** The measures in force against the person. */
  readonly restrictions: readonly Restriction[]
  /** Latest first. At most 20; `total` counts all. */
  readonly reports: readonly ReportEntry[]
  readonly total: number
  /** The value of {@link ReportsQuery.before} for the groups after this one. */
  readonly cursor: string
}

/** Whether reports wait for a decision. */
export type ReportState = 'open' | 'decided'

/** A measure that is in force. */
export interface Restriction {
  /** For {@link Moderation.lift}. */
  readonly id: string
  readonly kind: 'slow' | 'ban'
  /** When it ends, in milliseconds since 1970; null if it holds until it is lifted. */
  readonly untilMs: number | null
  readonly decisionId: string
}

/** Selects reports. */
export interface ReportsQuery {
  /** @default every site */
  readonly site?: string | undefined
  /** @default 'open' */
  readonly state?: ReportState | undefined
  /**
   * The maximum number of groups, from 1 to 200. There are fewer if they are large: only the last page is empty.
   * @default 50
   */
  readonly limit?: number | undefined
  /**
   * Only groups after the one with this `cursor`. Pages skip and repeat no group: reports that come meanwhile are
   * on the first page of the next reading.
   * @default all
   */
  readonly before?: string | undefined
}

/** Selects decisions. */
export interface DecisionsQuery {
  /** The maximum number, from 1 to 1000. @default 100 */
  readonly limit?: number | undefined
  /** Only decisions with a lower `number`. @default all */
  readonly before?: number | undefined
}

/** Selects bans. */
export interface BansQuery {
  /** @default every site */
  readonly site?: string | undefined
  /** The maximum number. @default all */
  readonly limit?: number | undefined
  /** Only bans after the one with this `cursor`. @default all */
  readonly before?: string | undefined
}

/** What an operator wants to decide. */
export interface DecisionRequest {
  readonly kind: DecisionKind
  /** The rule that was broken. The person receives it. */
  readonly reason: ReportReason
  /**
   * How long the measure holds, at most ten years. Null: a ban holds until it is lifted, and a slowed search for the
   * time of the setting `SLOW_SECONDS`. Has no meaning for `dismiss` and `warn`.
   */
  readonly durationMs: number | null
  /** An explanation for the person and for the audit log, at most 500 bytes. @default none */
  readonly note?: string | undefined
}

/**
 * A decision, which is also an entry of the audit log. It has the fields of a statement of reasons by Art.
 * 17(3) of the Digital Services Act (Regulation (EU) 2022/2065).
 */
export interface Decision {
  readonly id: string
  /** Counts the entries of the audit log, from 1. */
  readonly number: number
  /** When it was made, in milliseconds since 1970. */
  readonly atMs: number
  readonly kind: DecisionKind | 'lift'
  readonly personId: string
  /** The key of the site for which the decision holds; empty for the server's own site. */
  readonly site: string
  /** What the measure restricts. */
  readonly scope: 'none' | 'notice' | 'matching' | 'service'
  /** When the measure ends, in milliseconds since 1970; null if it has no end or no duration. */
  readonly untilMs: number | null
  /** The ground of the decision: which rule of the terms was broken. Null for `lift`. */
  readonly reason: ReportReason | null
  readonly ground: 'terms'
  /** The facts on which the decision relies. */
  readonly facts: {
    readonly reportIds: readonly string[]
    readonly counts: Readonly<Partial<Record<ReportReason, number>>>
    readonly reporters: number
    readonly weight: number
  }
  /** Whether reports led to it, or the operator acted without a report. */
  readonly source: 'notice' | 'own-initiative'
  /** Whether a rule made the decision, and not an operator. */
  readonly isAutomatic: boolean
  /** Who made it: `rule`, or the name that the operator gave. */
  readonly by: string
  readonly note: string | null
  /** Where the person can object; null if the operator has set no address. */
  readonly appealUrl: string | null
  /** The ban that this decision made, or the restriction that it lifted; null for other kinds. */
  readonly banId: string | null
  /** The SHA-256 of this entry and the one before, in hexadecimal digits. */
  readonly hash: string
}

/** A ban in force. */
export interface BanEntry {
  readonly id: string
  readonly personId: string
  readonly site: string
  readonly atMs: number
  /** When it ends, in milliseconds since 1970; null if it holds until it is lifted. */
  readonly untilMs: number | null
  readonly reason: ReportReason
  readonly isAutomatic: boolean
  readonly by: string
  readonly decisionId: string
  /** Whether it also refuses the address that the person had last. */
  readonly holdsForAddress: boolean
  /** False while the ban is in memory only, because the data folder or Redis could not be written. */
  readonly isStored: boolean
  /** The value of {@link BansQuery.before} for the bans after this one. */
  readonly cursor: string
}

/** The result of {@link Moderation.verifyAudit}. */
export type AuditVerdict =
  | { readonly isIntact: true; readonly entries: number; readonly head: string }
  | {
      readonly isIntact: false
      /** The number of the first entry that is wrong or missing. */
      readonly entry: number
      readonly problem: string
    }

/**
 * What an operator can do about reports. With several servers, every method knows what all of them know. Every method
 * without a promise answers at once. A server that is alone also decides at once, and only its answer comes later.
 */
export interface Moderation {
  /**
   * Returns the reports, grouped by the reported person; the group with the latest report is first.
   * @throws ModerationError `invalid-query` if `before` is no cursor
   */
  reports(query?: ReportsQuery): readonly ReportGroup[]
  /**
   * Decides about a person who was reported. Open reports of the person become decided. The decision is
   * stored before this resolves.
   * @param by who decides, for the audit log; 1 to 64 bytes
   * @throws ModerationError (rejects) `unknown-person`, `invalid-decision`, `log-unreachable`, or `store-failed` if the
   *   data folder could not be written for so long that no more decisions are kept
   */
  decide(personId: string, request: DecisionRequest, by: string): Promise<Decision>
  /**
   * Returns the bans in force, latest first.
   * @throws ModerationError `invalid-query` if `before` is no cursor
   */
  bans(query?: BansQuery): readonly BanEntry[]
  /**
   * Lifts a ban before its end, or another restriction.
   * @throws ModerationError (rejects) `unknown-ban`, `store-failed`, `log-unreachable`, `invalid-decision` if `by` is not
   *   1 to 64 bytes
   */
  lift(banId: string, by: string): Promise<Decision>
  /** Returns the latest decisions, latest first. */
  decisions(query?: DecisionsQuery): readonly Decision[]
  /** Returns the picture of a report as JPEG; undefined if there is none. */
  still(reportId: string): Uint8Array | undefined
  /** Checks the hashes of the audit log, over several turns of the event loop. */
  verifyAudit(): Promise<AuditVerdict>
  /**
   * Returns the audit log, oldest entry first, each as one line of JSON without its line break.
   * @param after only entries with a higher number; default: all
   */
  exportAudit(after?: number): AsyncIterable<string>
}

/** Why a request to {@link Moderation} failed. */
export type ModerationProblem =
  | 'unknown-person'
  | 'unknown-ban'
  | 'invalid-decision'
  | 'invalid-query'
  | 'store-failed'
  /** Redis could not be reached. A measure holds at this server, and is appended to the common log later. */
  | 'log-unreachable'

/** The server refuses a request to {@link Moderation}. */
export class ModerationError extends Error {
  override name = 'ModerationError'
  readonly code: ModerationProblem

  constructor(code: ModerationProblem, message: string) {
    super(message)
    this.code = code
  }
}
