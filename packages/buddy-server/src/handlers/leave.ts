import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/** Takes the session out of its room and out of the queue. The session stays. */
export function handleLeave({ participant }: Session, _message: MessageOf<'leave'>): void {
  participant.leave('left')
}
