import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/** Handles a `block`: the room ends, if it is the present one. */
export function handleBlock({ participant }: Session, { room }: MessageOf<'block'>): void {
  if (participant.room && (room === null || room === participant.room.id)) participant.leave('left')
}
