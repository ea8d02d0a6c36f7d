import type { CloseCode, ErrorCode, MessageOf } from '@buddy-chat/protocol'

/** The reason why a connection is refused. Each code but one is both an error code and a close code. */
export interface Refusal {
  /** The connection closes with the same code; after `proof-required` with `refused`. */
  readonly code: (ErrorCode & CloseCode) | 'proof-required'
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

/** Returns the close code that follows a refusal. */
export function closeAfter(code: Refusal['code']): CloseCode {
  return code === 'proof-required' ? 'refused' : code
}
