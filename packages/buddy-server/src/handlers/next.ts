import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'
import { offerFrame } from './offer-frame.ts'

/** Leaves the room and queues the latest ticket again. */
export function handleNext(session: Session, { offer }: MessageOf<'next'>): void {
  const hasTicket = session.participant.next(offerFrame(offer))
  if (!hasTicket) sendError(session, 'ticket-required', 'send a ticket before next')
}
