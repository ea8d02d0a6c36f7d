import type { MessageOf } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/** Handles a `leave`: the session leaves its room or the queue, and continues. */
export function handleLeave({ participant }: Session, _message: MessageOf<'leave'>): void {
  participant.leave('left')
}
