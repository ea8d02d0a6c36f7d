import type { MessageOf } from '@buddy-chat/protocol'
import { cleanText } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { sendError } from './send-error.ts'
import { offerFrame } from './offer-frame.ts'

/**
 * Handles a `ticket`: the session leaves its room, and the ticket is queued. Refuses a mode or lobby that the
 * site or the site token does not allow.
 */
export function handleTicket(
  session: Session,
  { mode, lobby: wanted, interests, languages, offer }: MessageOf<'ticket'>,
  context: HandlerContext,
): void {
  const site = context.siteOf(session)
  const { lobby: only } = session.identity
  if (!site.isAllowedMode(mode)) {
    sendError(session, 'not-permitted', `this site does not allow the mode ${mode}`)
    return
  }
  if (only === undefined ? !site.isAllowedLobby(wanted) : wanted !== '' && wanted !== only) {
    sendError(session, 'not-permitted', 'this user may not enter that lobby')
    return
  }
  const cleaned = interests.map(cleanText).filter((interest) => interest !== '')
  session.participant.enter(
    { mode, lobby: only ?? wanted, interests: [...new Set(cleaned)], languages },
    offerFrame(offer),
  )
}
