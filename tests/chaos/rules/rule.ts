import type { FaultPeriods } from '../fault-periods.ts'
import type { Entry, FaultKind } from '../history.ts'
import type { Story } from '../story.ts'

/** A broken rule, in one sentence. */
export interface Violation {
  readonly t: number
  readonly rule: string
  readonly text: string
}

/** What the table counts for each kind of fault. */
export type Count =
  | 'calls'
  | 'lost sessions'
  | 'resumed'
  | 'texts sent'
  | 'lost texts'
  | 'texts lost within bounds'
  | 'doubled texts'
  | 'forbidden meetings'
  | 'double bookings'

/** What the rules of the checker share. */
export interface Findings {
  readonly story: Story
  readonly faults: FaultPeriods
  /** Adds a violation, which is also counted if it has a column of its own. */
  violate(t: number, rule: string, text: string, counted?: Count): void
  count(t: number, what: Count): void
  /** Notes a wait, of which the table shows the longest. */
  wait(t: number, what: 'for a partner' | 'without a connection', ms: number): void
}

/** One rule, or several about the same entries. */
export interface Rule {
  /** Called with each entry in order, before the story contains it. */
  handle(entry: Entry): void
  /** Called after the last entry. */
  finish(): void
}

/** The kinds of the table's rows. */
export type RowKind = FaultKind | 'none'
