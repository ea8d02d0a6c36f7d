import type { ServerObserver } from '../../events.ts'
import type { Person } from '../../hooks/hooks.ts'
import { peopleOf, personOf } from '../../hooks/person.ts'
import type { WebhookEvent } from '../../config/webhook-events.ts'

/**
 * Returns the ids of a session, without the user's name, because webhooks contain no more than the receiver
 * needs.
 */
const idsOf = ({ sessionId, site, subject }: Omit<Person, 'name'>): object => ({
  session: sessionId,
  site,
  ...(subject !== undefined && { subject }),
})

/** Creates an observer that sends the events of the server as webhooks. */
export function createWebhookObserver(
  send: (event: WebhookEvent, data: object) => void,
  areNotesSent: boolean,
): ServerObserver {
  const noteOf = (note: string | null): object => (areNotesSent ? { note } : {})
  return {
    matched: ({ room, waitsMs }) =>
      send('match', {
        room: room.id,
        people: peopleOf(room).map((person, index) => ({
          ...idsOf(person),
          wait_ms: Math.round(waitsMs[index] ?? 0),
        })),
      }),
    parted: ({ room, leaverId, reason, durationMs }) =>
      send('leave', {
        room: room.id,
        leaver: leaverId,
        reason,
        duration_ms: Math.round(durationMs),
        people: peopleOf(room).map(idsOf),
      }),
    reported: ({ session, aboutId, roomId, reason, note, reportId, personId, hasStill }) =>
      send('report', {
        from: idsOf(personOf(session)),
        about: aboutId,
        room: roomId,
        reason,
        report: reportId,
        person: personId,
        has_still: hasStill,
        ...noteOf(note),
      }),
    decided: ({ decision }) => {
      const { id, number, kind, personId, site, scope, untilMs, reason, facts, source } = decision
      const { isAutomatic, by, note, appealUrl, banId, hash } = decision
      send('decision', {
        decision: id,
        number,
        kind,
        person: personId,
        site,
        scope,
        until_ms: untilMs,
        reason,
        reports: facts.reportIds,
        reporters: facts.reporters,
        source,
        automatic: isAutomatic,
        by,
        appeal_url: appealUrl,
        ban: banId,
        hash,
        ...noteOf(note),
      })
    },
    banned: ({ sessionId, site, subject, measure, durationMs }) =>
      send('ban', {
        ...idsOf({ sessionId, site, subject }),
        duration_ms: durationMs === null ? null : Math.round(durationMs),
        person: measure.personId,
        reason: measure.reason,
        automatic: measure.isAutomatic,
        decision: measure.decisionId,
      }),
    capacity: ({ level, percent }) => send('capacity', { level, percent }),
  }
}
