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
): ServerObserver {
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
    reported: ({ session, aboutId, roomId, reason }) =>
      send('report', { from: idsOf(personOf(session)), about: aboutId, room: roomId, reason }),
    banned: ({ target, durationMs }) =>
      send('ban', { ...idsOf(target), duration_ms: Math.round(durationMs) }),
    capacity: ({ level, percent }) => send('capacity', { level, percent }),
  }
}
