import type { Clock } from '../clock.ts'
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
  for (const { id, identity, isPresent, participant } of sessions) {
    const count = counts.get(identity.site) ?? { users: 0, away: 0, waiting: 0, rooms: 0 }
    counts.set(identity.site, count)
    count.users++
    if (!isPresent) count.away++
    // A room counts at the node of its first seat, so that the sum of all nodes is right.
    if (participant.room) count.rooms += participant.room.seats[0].sessionId === id ? 1 : 0
    else if (participant.isSearching && isPresent) count.waiting++
  }
  return counts
}

/** How long counted tickets and rooms are used, in milliseconds. To count them takes a pass over all sessions. */
const maxAgeMs = 500

/** The counts of one node among several. */
export class NodeCounts {
  readonly #sessions: Iterable<Session> & { readonly size: number; readonly awaySize: number }
  readonly #clock: Pick<Clock, 'now'>
  #latest = { waiting: 0, rooms: 0 }
  #countedAtMs = -Infinity

  constructor(
    sessions: Iterable<Session> & { readonly size: number; readonly awaySize: number },
    clock: Pick<Clock, 'now'>,
  ) {
    this.#sessions = sessions
    this.#clock = clock
  }

  /** Returns the present counts. Those of tickets and rooms may be half a second old. */
  read(): Counts {
    const nowMs = this.#clock.now()
    if (nowMs - this.#countedAtMs >= maxAgeMs) {
      this.#countedAtMs = nowMs
      this.#latest = { waiting: 0, rooms: 0 }
      for (const { waiting, rooms } of countBySite(this.#sessions).values()) {
        this.#latest.waiting += waiting
        this.#latest.rooms += rooms
      }
    }
    return { users: this.#sessions.size, away: this.#sessions.awaySize, ...this.#latest }
  }
}
