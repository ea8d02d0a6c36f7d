import type { MessageOf } from '@buddy-chat/protocol'
import type { Notify } from '../events.ts'
import type { Safety } from '../safety/safety.ts'
import type { ParticipantSession, Report } from '../sessions/participant-context.ts'
import type { Session } from '../sessions/session.ts'
import { sendUnknownRoom } from './block.ts'
import { sendError } from './send-error.ts'

/**
 * Handles a `report`, which is about the partner of the room that it names, or about the latest partner. The
 * partner may have left already. The report does not end the room. The engine finds the partner, and its
 * answer is passed to {@link handleReported}.
 */
export function handleReport({ participant }: Session, message: MessageOf<'report'>): void {
  participant.report(message)
}

/**
 * Handles the engine's answer to a report. Stores it, notifies the operator and applies the rules of the site,
 * but only for a person's first report about the same person. If the engine found no partner, sends the client
 * an error.
 */
export function handleReported(
  session: ParticipantSession,
  report: Report,
  { safety, notify }: { readonly safety: Safety; readonly notify: Notify },
): void {
  const { asked, encounter, reason } = report
  if (!encounter) {
    if (asked === null) sendError(session, 'not-in-room', 'there is no partner to report')
    else sendUnknownRoom(session)
    return
  }
  const { roomId, partnerId: aboutId, isRepeated } = encounter
  if (isRepeated) return
  const added = safety.addReport(session, report, encounter)
  if (added === 'repeated') return
  if (added === 'unknown-person') {
    const unknown = { note: null, reportId: null, personId: null, hasStill: false }
    notify('reported', { session, aboutId, roomId, reason, ...unknown })
    return
  }
  const { person, reportId, note, hasStill } = added
  const { personId } = person
  notify('reported', { session, aboutId, roomId, reason, note, reportId, personId, hasStill })
  safety.applyRules(person)
}
