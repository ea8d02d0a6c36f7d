import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/** Puts the session's wish at the end of the queue and says so, unless it is matched at once. */
export function enterQueue(session: Session, context: HandlerContext): void {
  session.isSearching = true
  context.matchmaker.enter(session)
  if (!session.room) session.send({ type: 'waiting', online: context.sessions.size })
}
