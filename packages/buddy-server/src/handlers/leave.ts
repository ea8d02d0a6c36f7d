import type { LeaveReason, MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { part } from './part.ts'

/** Takes the session out of its room and out of the queue. The session stays. */
export function handleLeave(
  session: Session,
  _message: MessageOf<'leave'>,
  context: HandlerContext,
): void {
  leave(session, 'left', context)
}

/** Takes a session out of its room and out of the queue, because it leaves or has ended. */
export function leave(
  session: Session,
  reason: LeaveReason,
  context: Pick<HandlerContext, 'matchmaker' | 'rooms' | 'reunions'>,
): void {
  session.isSearching = false
  context.matchmaker.withdraw(session.id)
  part(session, reason, context)
}
