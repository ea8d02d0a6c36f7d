import type { ErrorCode } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'

/** Sends an error about something that the client did, and when it may try again if that helps. */
export function sendError(
  session: Pick<Session, 'send'>,
  code: ErrorCode,
  message: string,
  retryAfterMs: number | null = null,
): void {
  session.send({ type: 'error', code, message, retryAfterMs })
}
