import type { Mode } from '@buddy-chat/protocol'

/** What a ticket requires of the partner's signed attributes. */
export interface Ask {
  /** The name of an attribute, which the site has in its setting `attributes`. */
  readonly attribute: string
  /** The values of which the partner must have one. */
  readonly values: readonly string[]
}

/** What a user looks for. A user may change it while the search continues. */
export interface Criteria {
  /** The interests as the user has spelled them. */
  readonly interests: readonly string[]
  /** The same interests in the form that is compared, in the same order. See `handlers/criteria.ts`. */
  readonly interestKeys: readonly string[]
  /** Primary language subtags (RFC 5646 §2.2.1) in lower case, the most wanted first. */
  readonly languages: readonly string[]
  /** The partner must satisfy all of them. */
  readonly asks: readonly Ask[]
  /** Whether the partner must share an interest, however long the user waits. */
  readonly keepsInterests: boolean
  /** Whether the partner must share a language, however long the user waits. */
  readonly keepsLanguages: boolean
}

/**
 * A session's request to be matched. An immutable value of plain data, which can be sent to another process: a
 * new request is a new ticket.
 */
export interface Ticket extends Criteria {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  readonly lobby: string
  readonly mode: Mode
  /** The age band that the site has signed or gives to unsigned users; empty if the site has no bands. */
  readonly band: string
  /** The attributes that the site has signed, by name. */
  readonly attributes: Readonly<Record<string, string>>
  /** The region of the node; empty if it has none. */
  readonly region: string
  /** The time that the ticket must wait before it can be matched; 0 unless the user is slowed. */
  readonly delayMs: number
}

/** Criteria that every partner satisfies. */
export const noCriteria: Criteria = {
  interests: [],
  interestKeys: [],
  languages: [],
  asks: [],
  keepsInterests: false,
  keepsLanguages: false,
}

/** Returns the key of the ticket's pool. Only tickets with the same site, lobby, mode and band can be matched. */
export function poolOf({ site, lobby, mode, band }: Ticket): string {
  // In JSON, different fields never result in the same key, whatever characters they contain.
  return JSON.stringify([site, lobby, mode, band])
}

/** Returns the interests that both tickets have, in the spelling and order of `own`. */
export function commonInterests(own: Criteria, other: Criteria): readonly string[] {
  return own.interests.filter((_, index) =>
    other.interestKeys.includes(own.interestKeys[index] ?? ''),
  )
}

/** Returns the languages that both tickets have, in the order of `own`. */
export function commonLanguages(own: Criteria, other: Criteria): readonly string[] {
  return own.languages.filter((language) => other.languages.includes(language))
}
