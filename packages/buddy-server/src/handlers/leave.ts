import type { LeaveReason } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { part } from './part.ts'

/** Out of the room and out of the queue; the session stays. Also the end of a session. */
export function handleLeave(
  session: Session,
  context: Pick<HandlerContext, 'matchmaker' | 'rooms' | 'reunions'>,
  reason: LeaveReason = 'left',
): void {
  session.isSearching = false
  context.matchmaker.withdraw(session.id)
  part(session, reason, context)
}
