import type { Mode } from '@buddy-chat/protocol'

/** A session's wish to be matched. A value: a new wish is a new ticket. */
export interface Ticket {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  readonly interests: readonly string[]
  /** The client sends them; matching does not use them yet. */
  readonly languages: readonly string[]
}

/** The key of the pool that the ticket waits in. Only tickets of one site, lobby and mode can meet. */
export function poolOf({ site, lobby, mode }: Ticket): string {
  // JSON keeps the three apart, whichever characters they contain.
  return JSON.stringify([site, lobby, mode])
}

/** The interests of `own` that `other` has too, regardless of case, in the spelling of `own`. */
export function commonInterests(own: Ticket, other: Ticket): readonly string[] {
  if (own.interests.length === 0 || other.interests.length === 0) return []
  const wanted = new Set(other.interests.map((interest) => interest.toLowerCase()))
  return own.interests.filter((interest) => wanted.has(interest.toLowerCase()))
}
