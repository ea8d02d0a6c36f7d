import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'
import { closeCodes } from '@buddy-chat/protocol'
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

/** A closed connection that no error frame explained. */
export function fromClose(code: number, reason: string): BuddyError {
  const name = (Object.keys(closeCodes) as CloseCode[]).find((key) => closeCodes[key] === code)
  const known = name && codes[name]
  return known
    ? new BuddyError(known, reason || known)
    : new BuddyError('server-unreachable', `the connection to the server ended (${code})`)
}
