import type { CloseCode, ErrorCode, MessageOf } from '@buddy-chat/protocol'

/** The reason why a connection is refused. Each code is both an error code and a close code. */
export interface Refusal {
  readonly code: ErrorCode & CloseCode
  readonly message: string
  /** The time in milliseconds after which the client may retry. Null if a retry cannot succeed. */
  readonly retryAfterMs: number | null
  /** Sent before the refusal, if a ban is the reason. */
  readonly measure?: MessageOf<'measure'> | undefined
}

/** Creates a {@link Refusal}. */
export function refusal(
  code: Refusal['code'],
  message: string,
  retryAfterMs: number | null = null,
): Refusal {
  return { code, message, retryAfterMs }
}
