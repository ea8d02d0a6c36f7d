import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { criteriaOf } from './criteria.ts'
import { refuseAsks } from './ticket.ts'

/**
 * Handles a `change`: replaces the criteria of the latest ticket, which keeps its place in the queue. Refuses
 * attributes that the site does not let tickets ask for.
 */
export function handleChange(
  session: Session,
  message: MessageOf<'change'>,
  context: HandlerContext,
): void {
  const criteria = criteriaOf(message)
  if (!refuseAsks(session, criteria, context)) session.participant.change(criteria)
}
