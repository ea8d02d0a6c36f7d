import type { MessageOf } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Puts the session's wish at the end of the queue and says so, unless it is matched at once; only
 * then its `offer` is of use.
 */
export function enterQueue(
  session: Session,
  context: HandlerContext,
  offer: MessageOf<'ticket'>['offer'] = null,
): void {
  session.isSearching = true
  // In text mode nobody learns the other's address.
  const isUsable = offer && session.wish?.mode !== 'text'
  session.offer = isUsable ? encode({ type: 'signal', ...offer }) : undefined
  context.matchmaker.enter(session)
  session.offer = undefined
  if (!session.room) session.send({ type: 'waiting', online: context.sessions.size })
}
