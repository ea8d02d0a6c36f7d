import type { MeasureKind, MessageOf, ReportReason } from '@buddy-chat/protocol'

/** A decision of the operator about this user. */
export interface Measure {
  readonly kind: MeasureKind
  /** The reason, as in reports. */
  readonly reason: ReportReason
  /** Whether a rule has decided, and not an operator. */
  readonly isAutomatic: boolean
  /** When the measure ends; undefined if it does not end, or has no duration. */
  readonly until: Date | undefined
  /** Where the user can appeal. An `https:` or `http:` address. */
  readonly appealUrl: string | undefined
  /** The id of the decision, which an appeal should name. */
  readonly decision: string
  /** A text of the operator. */
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
