import type { Matchmaker } from '../matchmaker.ts'
import type { Rooms } from '../rooms.ts'
import type { Session, Sessions } from '../session.ts'

/** What handlers of a session's messages may use. */
export interface HandlerContext {
  readonly sessions: Sessions
  readonly rooms: Rooms
  readonly matchmaker: Matchmaker<Session>
}

/** Puts the session's wish at the end of the queue and says so, unless it is matched at once. */
export function enterQueue(session: Session, context: HandlerContext): void {
  context.matchmaker.enter(session)
  if (!session.room) session.send({ type: 'waiting', online: context.sessions.size })
}
