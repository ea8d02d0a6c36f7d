import type { MessageOf } from '@buddy-chat/protocol'
import type { Criteria } from '../engine/ticket.ts'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { criteriaOf } from './criteria.ts'
import { sendError } from './send-error.ts'
import { offerFrame } from './offer-frame.ts'

/**
 * Handles a `ticket`: the session leaves its room, and the ticket is queued. Refuses a mode or lobby that the
 * site or the site token does not allow, and attributes that the site does not let tickets ask for.
 */
export function handleTicket(
  session: Session,
  message: MessageOf<'ticket'>,
  context: HandlerContext,
): void {
  const { mode, lobby: wanted, offer } = message
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
  const criteria = criteriaOf(message)
  if (!refuseAsks(session, criteria, context)) {
    session.participant.enter({ mode, lobby: only ?? wanted, ...criteria }, offerFrame(offer))
  }
}

/**
 * Sends an error if the criteria ask for an attribute that the site does not sign.
 * @returns whether it has sent one
 */
export function refuseAsks(
  session: Session,
  { asks }: Criteria,
  { siteOf }: Pick<HandlerContext, 'siteOf'>,
): boolean {
  const { attributes } = siteOf(session)
  const unknown = asks.find(({ attribute }) => !attributes.includes(attribute))
  if (unknown) {
    sendError(session, 'not-permitted', 'this site does not let users ask for such an attribute')
  }
  return unknown !== undefined
}
