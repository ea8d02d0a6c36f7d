/** A chat that the visitor can report. */
export interface ReportTarget {
  readonly room: string
  /** The name of the partner, as the element shows it. */
  readonly name: string
  /** Whether the partner is still here. Otherwise it is the latest partner. */
  readonly isPresent: boolean
}

/** The sheet for a report, while it is open. */
export interface ReportView {
  /** The chats that the visitor can choose from. It contains `target`. */
  readonly targets: readonly ReportTarget[]
  readonly target: ReportTarget
  readonly note: string
  /** The still that will be sent: a JPEG in base64. Undefined if none will be sent. */
  readonly still: string | undefined
  /** Why the report could not be sent, or why there is no still. */
  readonly problem: string | undefined
}
