/** A line of the conversation with the present partner. */
export interface Line {
  readonly from: 'partner' | 'self'
  readonly text: string
}

/** A partner who writes as fast as the server allows fills these in three minutes. */
const maxLines = 500

/** The conversation with one more line; of a long one only the latest 500 lines are kept. */
export function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  return [...lines.slice(1 - maxLines), line]
}
