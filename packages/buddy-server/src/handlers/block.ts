import type { MessageOf } from '@buddy-chat/protocol'
import type { ParticipantSession } from '../sessions/participant-context.ts'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'

/**
 * Handles a `block`: the session and the partner of the named room (or the latest partner) never meet again.
 * The present room ends if it is the named one.
 */
export function handleBlock(session: Session, { room }: MessageOf<'block'>): void {
  const hasPartner = session.participant.block(room)
  if (!hasPartner) sendError(session, 'not-in-room', 'there is no partner to block')
}

/** Sends the error for a report or a block that names a room of others, or a room from too long ago. */
export function sendUnknownRoom(session: ParticipantSession): void {
  sendError(session, 'unknown-room', 'the session was not in that room, or left it too long ago')
}
