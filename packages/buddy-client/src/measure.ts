import type { MeasureKind, MessageOf, ReportReason } from '@buddy-chat/protocol'

/** What the operator has decided about this user. */
export interface Measure {
  readonly kind: MeasureKind
  /** What the user is said to have done. */
  readonly reason: ReportReason
  /** Whether a rule has decided, and not a person. */
  readonly isAutomatic: boolean
  /** When the measure ends; undefined if it does not end, or has no duration. */
  readonly until: Date | undefined
  /** Where the user can appeal. An `https:` or `http:` address. */
  readonly appealUrl: string | undefined
  /** The id of the decision, which an appeal should name. */
  readonly decision: string
  /** What the operator adds. */
  readonly statement: string | undefined
}

/** Converts a `measure` message. Drops an address that is no web page. */
export function toMeasure(message: MessageOf<'measure'>): Measure {
  const { kind, reason, isAutomatic, until, appealUrl, decision, statement } = message
  const isPage = appealUrl !== null && /^https?:\/\//i.test(appealUrl) && URL.canParse(appealUrl)
  return {
    kind,
    reason,
    isAutomatic,
    until: until === null ? undefined : new Date(until * 1000),
    appealUrl: isPage ? appealUrl : undefined,
    decision,
    statement: statement ?? undefined,
  }
}
