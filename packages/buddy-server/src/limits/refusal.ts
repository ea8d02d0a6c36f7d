import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'

/** Why a connection is refused. Each code is both an error code and a close code. */
export interface Refusal {
  readonly code: ErrorCode & CloseCode
  readonly message: string
  /** After how many milliseconds the client may retry. Null if a retry cannot succeed. */
  readonly retryAfterMs: number | null
}

/** Makes a {@link Refusal}. */
export function refusal(
  code: Refusal['code'],
  message: string,
  retryAfterMs: number | null = null,
): Refusal {
  return { code, message, retryAfterMs }
}
