import type { ServerObserver } from '../../events.ts'
import type { Trace } from '../../sessions/encounters.ts'
import type { WebhookEvent } from '../../config/webhook-events.ts'

/** The ids of a session, without the user's name: webhooks contain no more than the receiver needs. */
const idsOf = ({ id, identity: { site, subject } }: Trace): object => ({
  session: id,
  site,
  ...(subject !== undefined && { subject }),
})

/** Makes an observer that sends the events of the server as webhooks. */
export function createWebhookObserver(
  send: (event: WebhookEvent, data: object) => void,
): ServerObserver {
  return {
    matched: ({ room, waitsMs }) =>
      send('match', {
        room: room.id,
        people: room.members.map((member, index) => ({
          ...idsOf(member),
          wait_ms: Math.round(waitsMs[index] ?? 0),
        })),
      }),
    parted: ({ room, leaver, reason, durationMs }) =>
      send('leave', {
        room: room.id,
        leaver: leaver.id,
        reason,
        duration_ms: Math.round(durationMs),
        people: room.members.map(idsOf),
      }),
    reported: ({ session, aboutId, roomId, reason }) =>
      send('report', { from: idsOf(session), about: aboutId, room: roomId, reason }),
    banned: ({ session, durationMs }) =>
      send('ban', { ...idsOf(session), duration_ms: Math.round(durationMs) }),
    capacity: ({ level, percent }) => send('capacity', { level, percent }),
  }
}
