import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/** Removes the session from its room or from the queue. The session itself continues. */
export function handleLeave({ participant }: Session, _message: MessageOf<'leave'>): void {
  participant.leave('left')
}
