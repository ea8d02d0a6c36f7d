import type { Session } from '../session.ts'
import type { HandlerContext } from './context.ts'
import { enterQueue } from './enter-queue.ts'

/** Ends the room and queues again with the same wish. Needs a ticket given before. */
export function handleNext(session: Session, context: HandlerContext): void {
  if (!session.wish) {
    session.send({
      type: 'error',
      code: 'ticket-required',
      message: 'give a ticket before next',
      retryAfterMs: null,
    })
    return
  }
  context.rooms.leave(session, 'next')
  enterQueue(session, context)
}
