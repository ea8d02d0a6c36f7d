import type { MessageOf } from '@buddy-chat/protocol'
import type { Counts } from '../core/counts.ts'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Returns the message with the server's counts. It answers a `ping`, and is also sent with each heartbeat.
 */
export function statsOf({ users, waiting, rooms }: Counts): MessageOf<'stats'> {
  return { type: 'stats', online: users, waiting, rooms }
}

/** Answers a `ping` with the server's counts. */
export function handlePing(
  session: Session,
  _message: MessageOf<'ping'>,
  { counts }: HandlerContext,
): void {
  session.send(statsOf(counts()))
}
