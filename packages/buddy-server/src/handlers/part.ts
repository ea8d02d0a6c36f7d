import type { LeaveReason } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/** Out of the room, or of the one that was to open again after a restart, if there is one. */
export function part(
  session: Session,
  reason: LeaveReason,
  { rooms, reunions }: Pick<HandlerContext, 'rooms' | 'reunions'>,
): void {
  if (!rooms.leave(session, reason)) reunions.leave(session, reason)
}
