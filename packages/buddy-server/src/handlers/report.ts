import type { MessageOf } from '@buddy-chat/protocol'
import type { Notify } from '../events.ts'
import type { ParticipantSession, Report } from '../sessions/participant.ts'
import type { ReportedUsers } from '../sessions/reported-users.ts'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'

/**
 * Handles a `report`, which is about the partner of the room that it names, or about the latest partner. The
 * partner may have left already. The report does not end the room. The engine finds the partner, and its
 * answer is passed to {@link handleReported}.
 */
export function handleReport({ participant }: Session, message: MessageOf<'report'>): void {
  participant.report(message.room, message.reason)
}

/**
 * Handles the engine's answer to a report. Notifies the operator, but only of a session's first report about
 * the same partner. If the engine found no partner, sends the client an error.
 */
export function handleReported(
  session: ParticipantSession,
  { asked, encounter, reason }: Report,
  { reportedUsers, notify }: { readonly reportedUsers: ReportedUsers; readonly notify: Notify },
): void {
  if (!encounter) {
    if (asked === null) sendError(session, 'not-in-room', 'there is no partner to report')
    else
      sendError(
        session,
        'unknown-room',
        'the session was not in that room, or left it too long ago',
      )
    return
  }
  const { roomId, partnerId, partner, isRepeated } = encounter
  if (isRepeated) return
  if (partner) {
    const { seat, site, addressKey } = partner
    const { sessionId, subject } = seat
    reportedUsers.add({ sessionId, site, subject, addressKey })
  }
  notify('reported', { session, aboutId: partnerId, roomId, reason })
}
