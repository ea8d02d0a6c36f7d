import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'
import { offerFrame } from './offer-frame.ts'

/** Handles a `next`: the session leaves its room, and its latest ticket is queued again. */
export function handleNext(session: Session, { offer }: MessageOf<'next'>): void {
  const hasTicket = session.participant.next(offerFrame(offer))
  if (!hasTicket) sendError(session, 'ticket-required', 'send a ticket before next')
}
