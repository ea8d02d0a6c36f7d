import type { AuditLine, StoredMeasure, StoredPair, StoredPerson, StoredReport } from './store.ts'

/** A fact about reports and people, which is not a decision. Applying it a second time has no effect. */
export type Fact =
  | { readonly kind: 'report'; readonly report: StoredReport; readonly person: StoredPerson }
  /** A reported person has left; the person has the latest address. */
  | { readonly kind: 'address'; readonly person: StoredPerson }
  /** A warning was delivered. */
  | { readonly kind: 'delivery'; readonly measureId: string }
  /** Two people must not meet. */
  | { readonly kind: 'block'; readonly pair: StoredPair }

/** A decision, with everything that follows from it. */
export interface DecisionEntry {
  readonly kind: 'decision'
  readonly id: string
  /** The entry of the audit log, which follows on the entry with this hash. */
  readonly line: AuditLine
  readonly previousHash: string
  /** The person whom it concerns. */
  readonly person: StoredPerson
  /** The measure that begins; null if none does. */
  readonly added: StoredMeasure | null
  /** The measures that end. */
  readonly removed: readonly StoredMeasure[]
  readonly closesReports: boolean
}

/** An entry of a {@link SafetyLog}. */
export type LogEntry = Fact | DecisionEntry

/** An entry that the log delivers. */
export interface Arrival {
  readonly entry: LogEntry
  /** The picture of a report. */
  readonly still?: Uint8Array | undefined
  /** Whether this node has appended it. */
  readonly isOwn: boolean
}

/** Makes the decision with this id from the present state; returns undefined if no decision is needed any more. */
export type Draft = (id: string) => DecisionEntry | undefined

/**
 * The log of all facts and decisions. It delivers every entry to every node, in the same order, so that all nodes have
 * the same reports, measures and audit log. A node applies its own facts at once, so their later
 * delivery at that node has no effect.
 */
export interface SafetyLog {
  /** Appends a fact. */
  add(fact: Fact, still?: Uint8Array): void
  /**
   * Appends a decision. Calls `draft` again if another node has appended a decision meanwhile, so that each decision
   * takes all earlier ones into account.
   * @returns the decision, after it was delivered here; undefined if `draft` made none
   * @throws ModerationError `log-unreachable` if it could not be appended yet; then its measure holds at this node, and
   *   it is appended later. What `draft` throws
   */
  propose(draft: Draft): Promise<DecisionEntry | undefined>
}

/** The log of a server that is alone: it delivers each entry at once. */
export class LocalLog implements SafetyLog {
  readonly #createId: () => string
  readonly #deliver: (arrivals: readonly Arrival[]) => void

  constructor(createId: () => string, deliver: (arrivals: readonly Arrival[]) => void) {
    this.#createId = createId
    this.#deliver = deliver
  }

  add(fact: Fact, still?: Uint8Array): void {
    this.#deliver([{ entry: fact, still, isOwn: true }])
  }

  /** Delivers the decision within the call. Only the returned promise resolves later. */
  async propose(draft: Draft): Promise<DecisionEntry | undefined> {
    const entry = draft(this.#createId())
    if (entry) this.#deliver([{ entry, isOwn: true }])
    return entry
  }
}
