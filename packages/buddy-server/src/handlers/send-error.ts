import type { ErrorCode } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/**
 * Sends an `error` message. `retryAfterMs` is the time after which a retry may succeed; null if no retry can.
 */
export function sendError(
  session: Pick<Session, 'send'>,
  code: ErrorCode,
  message: string,
  retryAfterMs: number | null = null,
): void {
  session.send({ type: 'error', code, message, retryAfterMs })
}
