import type { LeaveReason } from '@buddy-chat/protocol'
import type { Session } from '../session.ts'
import type { HandlerContext } from './context.ts'

/** Out of the room and out of the queue; the session stays. Also the end of a connection. */
export function handleLeave(
  session: Session,
  context: HandlerContext,
  reason: LeaveReason = 'left',
): void {
  context.matchmaker.withdraw(session.id)
  context.rooms.leave(session, reason)
}
