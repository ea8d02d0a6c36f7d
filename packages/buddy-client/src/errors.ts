import type { Measure } from './measure.ts'

/**
 * The codes of all failures of the client. The codes are stable; messages may change. "(closed)" marks codes
 * after which the client is in the state `closed` and does not retry.
 *
 * Device codes. `start()` rejects with these; the client is then idle and may be started again. `preview()`,
 * `setCamera()`, `setMicrophone()`, `switchCamera()` and `resumeDevice()` reject with them too, and do not
 * affect a call. If a device is lost, the event `device` contains one of them as its `error`:
 * - `permission-denied`: the visitor or the system refused camera or microphone
 * - `blocked-by-policy`: the page is in an iframe without `allow="camera; microphone"`
 * - `device-not-found`: there is no such device; `devices` says which one is missing
 * - `device-busy`: another program uses the device
 * - `overconstrained`: no device meets the constraints
 * - `insecure-page`: the page is neither https nor localhost, so browsers open no device
 * - `media-failed`: the browser failed for any other reason; see `cause`
 *
 * Codes about the server:
 * - `server-unreachable`: the connection failed or broke, and the client retries. If a method throws this
 *   code, the message was neither sent nor kept
 * - `server-missing`: the page names no server, and there is none to use instead, because its script came
 *   from a CDN, or the page has no address of its own (`start()` rejects)
 * - `insecure-server`: the page is https and `server` is not, which no browser allows (`start()` rejects); or
 *   `server` redirects, mostly to https, which WebSockets do not follow (closed)
 * - `blocked-by-csp` (closed): the page's Content-Security-Policy lacks the server in `connect-src`
 * - `not-a-buddy-server` (closed): something else answers at `server`, such as a web site
 * - `server-full`, `too-many-connections`, `rate-limited`: the client retries after `retryAfterMs`
 * - `going-away`: the server restarts, and the client reconnects after `retryAfterMs`
 * - `origin-not-allowed`, `unsupported-version`, `protocol-violation` (closed): the server would refuse
 *   another attempt too
 * - `unknown-site` (closed): the server has no site with that key
 * - `token-required`, `token-invalid`, `token-expired`, `token-wrong-site` (closed): the site requires a
 *   valid token of its own. Get a new token and start again
 * - `token-timeout` (closed): the page's `token` function has not answered for 8 seconds
 * - `proof-required` (closed): the operator's program requires a valid `proof`. Start again with a new one
 * - `proof-failed` (closed): the page's `proof` function has failed, or has not answered for 8 seconds
 * - `not-permitted`: the site does not allow this mode or lobby (closed), or does not allow texts
 * - `banned` (closed): the operator has banned the user; see `measure`
 * - `refused`: the operator refuses the user (closed), or refuses a single text, which was not delivered
 * - `session-taken` (closed): another connection has resumed the session
 * - `idle-timeout` (closed): there was no activity for too long
 * - `server-error`: the server failed, or sent an error that this version does not know
 *
 * Codes about calls and method calls:
 * - `call-failed`: there is no media path to this partner. The client searches for the next partner, or waits
 *   for `next()` if media had flowed before
 * - `webrtc-unavailable`: the browser opens no peer connection. `start()` rejects; if the client finds out
 *   only at the beginning of a call, it is closed
 * - `relay-unavailable` (closed): `relayOnly` or `relayUntilTrusted` is set, and the server names no TURN
 *   server. The client has sent nothing to a partner
 * - `guard-failed`: the page's guard cannot be loaded, or fails, so pictures are not checked any more. Only
 *   the element reports it
 * - `not-in-call`: there is no partner to send to, or to report
 * - `invalid-text`: the text is empty, or longer than 4096 bytes of UTF-8
 * - `text-filtered`: the option `textFilter` has dropped the text, or failed; see `cause`
 * - `invalid-options`: an option has the wrong type or is too long; the message names the option
 * - `aborted`: `stop()` was called before `start()` had resolved
 */
export type BuddyErrorCode =
  | 'permission-denied'
  | 'blocked-by-policy'
  | 'device-not-found'
  | 'device-busy'
  | 'overconstrained'
  | 'insecure-page'
  | 'media-failed'
  | 'server-unreachable'
  | 'server-missing'
  | 'insecure-server'
  | 'blocked-by-csp'
  | 'not-a-buddy-server'
  | 'server-full'
  | 'unavailable'
  | 'too-many-connections'
  | 'rate-limited'
  | 'going-away'
  | 'origin-not-allowed'
  | 'unsupported-version'
  | 'protocol-violation'
  | 'unknown-site'
  | 'token-required'
  | 'token-timeout'
  | 'token-invalid'
  | 'proof-failed'
  | 'proof-required'
  | 'token-expired'
  | 'token-wrong-site'
  | 'not-permitted'
  | 'banned'
  | 'refused'
  | 'session-taken'
  | 'idle-timeout'
  | 'server-error'
  | 'call-failed'
  | 'webrtc-unavailable'
  | 'relay-unavailable'
  | 'guard-failed'
  | 'not-in-call'
  | 'invalid-text'
  | 'text-filtered'
  | 'invalid-options'
  | 'aborted'

/** A kind of device that a client opens. */
export type Device = 'camera' | 'microphone'

interface BuddyErrorDetails {
  readonly cause?: unknown
  readonly devices?: readonly Device[]
  readonly retryAfterMs?: number
  readonly measure?: Measure | undefined
}

/**
 * The error class of this package. The client reports each failure once: either the pending method call
 * rejects, or the client emits `error`.
 */
export class BuddyError extends Error {
  override readonly name = 'BuddyError'
  readonly code: BuddyErrorCode
  /** The devices that a device error concerns. Empty for other errors. */
  readonly devices: readonly Device[]
  /** The time after which to try again, in milliseconds. Undefined unless the server has named one. */
  readonly retryAfterMs: number | undefined
  /**
   * For `banned`: the measure, with its reason and the address for an appeal. Undefined if the server sent
   * none.
   */
  readonly measure: Measure | undefined

  constructor(code: BuddyErrorCode, message: string, details: BuddyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.devices = details.devices ?? []
    this.retryAfterMs = details.retryAfterMs
    this.measure = details.measure
  }
}

/** Creates the error for a message that can be neither sent to the server nor kept for later. */
export const serverUnreachable = (message = 'the server is not connected'): BuddyError =>
  new BuddyError('server-unreachable', message)
