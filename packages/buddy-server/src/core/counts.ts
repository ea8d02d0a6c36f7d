import type { Session } from '../sessions/session.ts'

/** The present numbers of a server or of one site. */
export interface Counts {
  /** Number of sessions, present or away. */
  readonly users: number
  /** Number of sessions without a connection, which are in their grace time. */
  readonly away: number
  /** Number of tickets in the queue. */
  readonly waiting: number
  /** Number of open rooms. */
  readonly rooms: number
}

/** Counts `sessions` by the key of their site, in one pass. Sites without sessions are left out. */
export function countBySite(sessions: Iterable<Session>): ReadonlyMap<string, Counts> {
  const counts = new Map<string, { -readonly [Name in keyof Counts]: number }>()
  for (const { identity, isPresent, participant } of sessions) {
    const count = counts.get(identity.site) ?? { users: 0, away: 0, waiting: 0, rooms: 0 }
    counts.set(identity.site, count)
    count.users++
    if (!isPresent) count.away++
    // Each of the two sessions of a room adds half a room. Both have the same site.
    if (participant.room) count.rooms += 1 / 2
    else if (participant.isSearching && isPresent) count.waiting++
  }
  return counts
}
