import type { Mode } from '@buddy-chat/protocol'

/** A session's request to be matched. An immutable value: a new request is a new ticket. */
export interface Ticket {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  readonly interests: readonly string[]
  /** Sent by the client. Matching does not use them yet. */
  readonly languages: readonly string[]
}

/** The key of the ticket's pool. Only tickets with the same site, lobby and mode can be matched. */
export function poolOf({ site, lobby, mode }: Ticket): string {
  // JSON keeps the three fields distinct, whatever characters they contain.
  return JSON.stringify([site, lobby, mode])
}

/** The interests of `own` that `other` also has, ignoring case, in the spelling of `own`. */
export function commonInterests(own: Ticket, other: Ticket): readonly string[] {
  if (own.interests.length === 0 || other.interests.length === 0) return []
  const wanted = new Set(other.interests.map((interest) => interest.toLowerCase()))
  return own.interests.filter((interest) => wanted.has(interest.toLowerCase()))
}
