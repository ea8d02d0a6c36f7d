import type { MessageOf } from '@buddy-chat/protocol'
import type { Notify } from '../events.ts'
import type { ParticipantSession, Report } from '../sessions/participant.ts'
import type { ReportedPeople } from '../sessions/reported-people.ts'
import type { Session } from '../sessions/session.ts'
import { sendError } from './send-error.ts'

/**
 * Reports the partner of the room that is named, or the latest partner. The partner may have left, and the
 * room goes on. The engine answers with the encounter; see {@link handleReported}.
 */
export function handleReport({ participant }: Session, message: MessageOf<'report'>): void {
  participant.report(message.room, message.reason)
}

/** Reports the partner to the operator, once for each partner. */
export function handleReported(
  session: ParticipantSession,
  { asked, encounter, reason }: Report,
  { reportedPeople, notify }: { readonly reportedPeople: ReportedPeople; readonly notify: Notify },
): void {
  if (!encounter) {
    if (asked === null) sendError(session, 'not-in-room', 'there was no partner to report')
    else sendError(session, 'unknown-room', 'you were not in that room, or too long ago')
    return
  }
  const { roomId, partnerId, partner, isRepeated } = encounter
  if (isRepeated) return
  if (partner) reportedPeople.add(partner)
  notify('reported', { session, aboutId: partnerId, roomId, reason })
}
