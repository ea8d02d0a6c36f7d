import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'

/** Why a connection is not wanted; every one of these is an error and a close code alike. */
export interface Refusal {
  readonly code: ErrorCode & CloseCode
  readonly message: string
  /** When to try again, in milliseconds; null: it would end the same way. */
  readonly retryAfterMs: number | null
}

/** A refusal; `after` is when to try again, in milliseconds. */
export function refusal(
  code: Refusal['code'],
  message: string,
  after: number | null = null,
): Refusal {
  return { code, message, retryAfterMs: after }
}
