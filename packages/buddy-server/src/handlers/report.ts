import type { MessageOf } from '@buddy-chat/protocol'
import type { Notify } from '../events.ts'
import type { ParticipantSession, Report } from '../sessions/participant.ts'
import type { ReportedUsers } from '../sessions/reported-users.ts'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'

/**
 * Reports the partner of the room that the message names, or the latest partner. The partner may have
 * left. A report does not end the room. The engine answers with the encounter; see
 * {@link handleReported}.
 */
export function handleReport({ participant }: Session, message: MessageOf<'report'>): void {
  participant.report(message.room, message.reason)
}

/** Notifies the operator of the report. A session can report each partner once. */
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
