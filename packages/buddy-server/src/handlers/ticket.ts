import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'
import { enterQueue } from './enter-queue.ts'
import { part } from './part.ts'

/** A new wish: ends the room, replaces the old wish, enters the queue. The site may forbid it. */
export function handleTicket(
  session: Session,
  { mode, lobby: wanted, interests, languages, offer }: MessageOf<'ticket'>,
  context: HandlerContext,
): void {
  const site = context.siteOf(session)
  const { lobby: only } = session.identity
  if (!site.isAllowedMode(mode)) {
    tell(session, 'not-permitted', `this site has no mode ${mode}`)
    return
  }
  if (only === undefined ? !site.isAllowedLobby(wanted) : wanted !== '' && wanted !== only) {
    tell(session, 'not-permitted', 'this site does not admit you to that lobby')
    return
  }
  part(session, 'next', context)
  const cleaned = interests.map(cleanText).filter((interest) => interest !== '')
  session.wish = { mode, lobby: only ?? wanted, interests: [...new Set(cleaned)], languages }
  enterQueue(session, context, offer)
}
