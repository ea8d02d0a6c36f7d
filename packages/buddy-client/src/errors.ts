/**
 * Every failure of the client. The codes are stable; messages may change. "Closed" means that the client
 * goes to the state `closed` and does not retry.
 *
 * Device codes. `start()` rejects with these; the client is then idle and may be started again. `preview()`,
 * `setCamera()`, `setMicrophone()`, `switchCamera()` and `resumeDevice()` reject with them too, and do
 * not affect a call. The event `device` has one of them as the `error` of a device that is lost:
 * - `permission-denied` the visitor or the system refused camera or microphone
 * - `blocked-by-policy` the page is in an iframe without `allow="camera; microphone"`
 * - `device-not-found` there is no such device; `devices` says which one is missing
 * - `device-busy` another program uses the device
 * - `overconstrained` no device meets the constraints
 * - `insecure-page` the page is neither https nor localhost, so browsers open no device
 * - `media-failed` any other refusal; see `cause`
 *
 * Server:
 * - `server-unreachable` the connection failed or broke; the client retries. A method that throws it has
 *   sent nothing and keeps nothing
 * - `insecure-server` the page is https and `server` is not, which no browser allows (`start()` rejects);
 *   or `server` redirects, mostly to https, which no WebSocket follows (closed)
 * - `blocked-by-csp` the page's Content-Security-Policy lacks the server in `connect-src`: closed
 * - `not-a-buddy-server` something else answers at `server`, such as a web site: closed
 * - `server-full`, `too-many-connections`, `rate-limited` the client retries after `retryAfterMs`
 * - `going-away` the server restarts; the client connects again after `retryAfterMs`
 * - `origin-not-allowed`, `unsupported-version`, `protocol-violation` retrying would not help: closed
 * - `unknown-site` the server has no site with that key: closed
 * - `token-required`, `token-invalid`, `token-expired`, `token-wrong-site` the site requires a valid
 *   token of its own: closed; get a new token and start again
 * - `token-timeout` the page's `token` function has not answered for 8 seconds: closed
 * - `not-permitted` the site does not allow this mode or lobby (closed), or no messages
 * - `banned`, `refused` the operator refuses the user: closed. `refused` may also concern a single text
 *   that was not delivered
 * - `session-taken` another connection has the session: closed
 * - `idle-timeout` there was no activity for too long: closed
 * - `server-error` the server failed, or sent an error that this version does not know
 *
 * Call and use:
 * - `call-failed` no media path to this partner; the client searches for the next
 * - `webrtc-unavailable` the browser opens no peer connection: `start()` rejects, or closed if the client
 *   notices it only in a call
 * - `relay-unavailable` `relayOnly` or `relayUntilTrusted` is set, and the server names no TURN server:
 *   closed; nothing was sent to a partner
 * - `not-in-call` there is no partner to send to, or to report
 * - `invalid-text` empty, or longer than 4096 bytes of UTF-8
 * - `invalid-options` an option has the wrong type or is too long; the message names it
 * - `aborted` `stop()` was called before `start()` had resolved
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
  | 'insecure-server'
  | 'blocked-by-csp'
  | 'not-a-buddy-server'
  | 'server-full'
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
  | 'not-in-call'
  | 'invalid-text'
  | 'invalid-options'
  | 'aborted'

/** A kind of device that a client opens. */
export type Device = 'camera' | 'microphone'

interface BuddyErrorDetails {
  readonly cause?: unknown
  readonly devices?: readonly Device[]
  readonly retryAfterMs?: number
}

/** The error of this package. Each failure is reported once: a pending call rejects, or `error` is emitted. */
export class BuddyError extends Error {
  override readonly name = 'BuddyError'
  readonly code: BuddyErrorCode
  /** The devices that a device error concerns. Empty for other errors. */
  readonly devices: readonly Device[]
  /** For a temporary refusal: the time after which to try again, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(code: BuddyErrorCode, message: string, details: BuddyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.devices = details.devices ?? []
    this.retryAfterMs = details.retryAfterMs
  }
}

/** The error of a message that can be neither sent to the server nor kept for later. */
export const serverUnreachable = (message = 'the server is not connected'): BuddyError =>
  new BuddyError('server-unreachable', message)
