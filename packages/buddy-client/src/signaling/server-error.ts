import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'
import { closeCodes, waitAfterCloseMs } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import type { ServerAnswer } from './server-probe.ts'

/** After this many failures to connect, an answer without CORS headers means that no Buddy server is there. */
const maxUnreadableFailures = 3

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

/** The error of an `error` message. */
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

/** The error of a close code. */
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

/**
 * The error of a closed connection: that of the error frame before the close if it explains the close,
 * otherwise that of the close code.
 */
export function explainClose(
  announced: BuddyError | undefined,
  code: number,
  reason: string,
): BuddyError {
  const named = fromClose(code, reason)
  const isNamed = named.code !== 'server-unreachable'
  // An earlier frame about something else does not explain this close.
  return announced && (announced.code === named.code || !isNamed) ? announced : named
}

/**
 * The reason why no attempt to connect to `url` can succeed, if what answers there over HTTP is not a
 * Buddy server, or redirects. Undefined if an attempt may succeed.
 * @param failures how many attempts have failed
 */
export function explainAnswer(
  answer: ServerAnswer,
  failures: number,
  url: string,
): BuddyError | undefined {
  const { host } = new URL(url)
  if (answer === 'moved') {
    const message = `${host} redirects to another address: set the option server to that address`
    return new BuddyError('insecure-server', message)
  }
  const isOther =
    answer === 'other' || (answer === 'unreadable' && failures >= maxUnreadableFailures)
  if (!isOther) return undefined
  const message = `${host} is not a Buddy server: is the option server set?`
  return new BuddyError('not-a-buddy-server', message)
}
