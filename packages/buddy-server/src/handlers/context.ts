import type { Matchmaker } from '../matchmaker.ts'
import type { Rooms } from '../rooms.ts'
import type { Session } from '../session.ts'
import type { Sessions } from '../sessions.ts'

/** What handlers of a session's messages may use. */
export interface HandlerContext {
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly matchmaker: Matchmaker<Session>
}
