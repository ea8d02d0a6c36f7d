import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'

/**
 * Tells the operator about the partner in the room that is named, or in the latest one: once for each
 * partner, also after that partner has left. The room goes on.
 */
export function handleReport(
  session: Session,
  { reason, room }: MessageOf<'report'>,
  { clock, rooms, reportedPeople, notify }: HandlerContext,
): void {
  const now = clock.now()
  rooms.rememberEncounter(session)
  const encounter = session.encounters.find(room, now)
  if (!encounter) {
    if (room === null) tell(session, 'not-in-room', 'there was no partner to report')
    else tell(session, 'unknown-room', 'you were not in that room, or too long ago')
    return
  }
  if (!session.encounters.report(encounter)) return
  const { roomId, partnerId, partner } = encounter
  if (partner) reportedPeople.add(partner)
  notify('reported', { session, aboutId: partnerId, roomId, reason })
}
