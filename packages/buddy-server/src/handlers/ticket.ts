import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Session } from '../session.ts'
import type { HandlerContext } from './context.ts'
import { enterQueue } from './enter-queue.ts'

/** A new wish: ends the room, replaces the old wish, enters the queue. */
export function handleTicket(
  session: Session,
  { mode, lobby, interests, languages }: MessageOf<'ticket'>,
  context: HandlerContext,
): void {
  context.rooms.leave(session, 'next')
  const cleaned = interests.map(cleanText).filter((interest) => interest !== '')
  session.wish = { mode, lobby, interests: [...new Set(cleaned)], languages }
  enterQueue(session, context)
}
