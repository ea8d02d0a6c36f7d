import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'
import { closeCodes, waitAfterCloseMs } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import type { Measure } from '../measure.ts'
import type { ServerAnswer } from './server-probe.ts'

/**
 * The number of failed attempts after which an answer without CORS headers means that there is no Buddy
 * server.
 */
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
  'proof-required': 'proof-required',
  unavailable: 'unavailable',
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

/**
 * Converts an `error` message of the server to the error to report.
 * @param measure the latest measure, which explains a ban
 */
export function fromErrorFrame(
  code: ErrorCode,
  message: string,
  retryAfterMs: number | null,
  measure?: Measure,
): BuddyError {
  return new BuddyError(codes[code] ?? 'server-error', message || code, {
    ...(retryAfterMs !== null && { retryAfterMs }),
    ...(code === 'banned' && { measure }),
  })
}

/** Returns the error to report for a close code. */
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
 * Returns the error to report for a closed connection. It is `announced` if that explains the close,
 * otherwise the error of the close code.
 * @param announced the error in the latest `error` message before the close
 */
export function explainClose(
  announced: BuddyError | undefined,
  code: number,
  reason: string,
): BuddyError {
  const named = fromClose(code, reason)
  const isNamed = named.code !== 'server-unreachable'
  // If the close code has another meaning than the earlier error, that error does not explain the close.
  // The close code has no name of its own for this one.
  const isProof = announced?.code === 'proof-required' && named.code === 'refused'
  return announced && (announced.code === named.code || !isNamed || isProof) ? announced : named
}

/**
 * Returns the reason why no attempt to connect to `url` can succeed, judged by what answers there over
 * HTTP. Undefined if an attempt may succeed.
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
