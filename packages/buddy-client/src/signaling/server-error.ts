import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'
import { closeCodes, waitAfterCloseMs } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'

const codes: Partial<Record<ErrorCode | CloseCode, BuddyErrorCode>> = {
  'server-full': 'server-full',
  'too-many-connections': 'too-many-connections',
  'rate-limited': 'rate-limited',
  'origin-not-allowed': 'origin-not-allowed',
  'unsupported-version': 'unsupported-version',
  'protocol-violation': 'protocol-violation',
  'going-away': 'going-away',
  'not-in-room': 'not-in-call',
  'unknown-room': 'not-in-call',
  'unknown-site': 'unknown-site',
  'token-required': 'token-required',
  'token-invalid': 'token-invalid',
  'token-expired': 'token-expired',
  'token-wrong-site': 'token-wrong-site',
  'not-permitted': 'not-permitted',
  'session-taken': 'session-taken',
  'idle-timeout': 'idle-timeout',
  banned: 'banned',
  refused: 'refused',
}

/** An error frame, as this package tells it. */
export function fromErrorFrame(
  code: ErrorCode,
  message: string,
  retryAfterMs: number | null,
): BuddyError {
  return new BuddyError(
    codes[code] ?? 'server-error',
    message || code,
    retryAfterMs === null ? {} : { retryAfterMs },
  )
}

/** A closed connection, as its close code alone explains it. */
function fromClose(code: number, reason: string): BuddyError {
  const name = (Object.keys(closeCodes) as CloseCode[]).find((key) => closeCodes[key] === code)
  const known = name && codes[name]
  if (!known) {
    return new BuddyError('server-unreachable', `the connection to the server ended (${code})`)
  }
  const waits: { readonly [Name in CloseCode]?: number } = waitAfterCloseMs
  const retryAfterMs = waits[name]
  return new BuddyError(known, reason || known, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** The error frame before a close and the close itself: which of the two explains the end better. */
export function explainClose(
  announced: BuddyError | undefined,
  code: number,
  reason: string,
): BuddyError {
  const named = fromClose(code, reason)
  const isNamed = named.code !== 'server-unreachable'
  // A frame about something else, a while ago, does not explain this end.
  return announced && (announced.code === named.code || !isNamed) ? announced : named
}
