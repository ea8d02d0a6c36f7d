import type { Mode } from '@buddy-chat/protocol'

/** A session's request to be matched. An immutable value: a new request is a new ticket. */
export interface Ticket {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  readonly interests: readonly string[]
  /** The user's languages, as the client sent them. Matching does not use them yet. */
  readonly languages: readonly string[]
}

/** The ticket of a session that is restored after a restart. Its client sends the rest again with its next ticket. */
export function restoredTicket(
  sessionId: string,
  site: string,
  { lobby, mode }: Pick<Ticket, 'lobby' | 'mode'>,
): Ticket {
  return { sessionId, site, lobby, mode, interests: [], languages: [] }
}

/** Returns the key of the ticket's pool. Only tickets with the same site, lobby and mode can be matched. */
export function poolOf({ site, lobby, mode }: Ticket): string {
  // In JSON, different fields never result in the same key, whatever characters they contain.
  return JSON.stringify([site, lobby, mode])
}

/** Returns the interests that both tickets have, ignoring case, in the spelling of `own`. */
export function commonInterests(own: Ticket, other: Ticket): readonly string[] {
  if (own.interests.length === 0 || other.interests.length === 0) return []
  const wanted = new Set(other.interests.map((interest) => interest.toLowerCase()))
  return own.interests.filter((interest) => wanted.has(interest.toLowerCase()))
}
