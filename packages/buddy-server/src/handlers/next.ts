import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'
import { enterQueue } from './enter-queue.ts'
import { part } from './part.ts'

/** Ends the room and queues again with the same wish. Needs a ticket given before. */
export function handleNext(
  session: Session,
  { offer }: MessageOf<'next'>,
  context: HandlerContext,
): void {
  if (!session.wish) {
    tell(session, 'ticket-required', 'give a ticket before next')
    return
  }
  part(session, 'next', context)
  enterQueue(session, context, offer)
}
