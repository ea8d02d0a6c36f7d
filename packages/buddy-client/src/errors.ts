/**
 * Everything that can go wrong, by name. The names stay; messages may change.
 *
 * Devices. `start()` rejects with these (the client is idle again and may be started anew), and so do
 * `preview()`, `setCamera()`, `setMicrophone()`, `switchCamera()` and `resumeDevice()`, which leave a
 * call as it is. The event `device` has one as the `error` of a device that is lost:
 * - `permission-denied` the visitor or the system refused camera or microphone
 * - `blocked-by-policy` the page embeds this one without `allow="camera; microphone"`
 * - `device-not-found` there is no camera or microphone; `devices` says which is missing
 * - `device-busy` another program holds the device
 * - `overconstrained` no device can do what was asked of it
 * - `insecure-page` browsers give devices to `https:` and `localhost` pages only
 * - `media-failed` any other refusal; see `cause`
 *
 * Server:
 * - `server-unreachable` no connection, or it broke; the client goes on trying. A call that throws it
 *   has sent nothing and keeps nothing
 * - `insecure-server` the page is https and `server` is not, which no browser allows (`start()` rejects);
 *   or `server` redirects, to https as a rule, which no WebSocket follows (closed)
 * - `blocked-by-csp` the page's Content-Security-Policy lacks the server in `connect-src`: closed
 * - `not-a-buddy-server` something else answers at `server`, such as a web site: closed
 * - `server-full`, `too-many-connections`, `rate-limited` try after `retryAfterMs`; the client does
 * - `going-away` the server restarts; the client comes back after `retryAfterMs`
 * - `origin-not-allowed`, `unsupported-version`, `protocol-violation` it will not work: closed
 * - `unknown-site` the server has no site of that key: closed
 * - `token-required`, `token-invalid`, `token-expired`, `token-wrong-site` the site admits only who
 *   shows a token of its own, and this was none: closed; get a new one and start again
 * - `token-timeout` the page's `token` function gave nothing for 8 seconds: closed
 * - `not-permitted` the site does not allow this mode or lobby (closed), or no messages
 * - `banned`, `refused` the operator does not let this person in: closed; `refused` is also told
 *   of a single line that was not passed on
 * - `session-taken` another connection goes on with this session: closed
 * - `idle-timeout` nothing was done for too long: closed
 * - `server-error` the server reported a failure of its own, or one this version does not know
 *
 * Call and use:
 * - `call-failed` no media path to this partner; the client goes on to the next
 * - `webrtc-unavailable` the browser opens no peer connection at all: `start()` rejects; closed
 *   where that shows only in a call
 * - `relay-unavailable` calls are to hide the address (`relayOnly`, `relayUntilTrusted`) and the server names no TURN
 *   server to hide behind: closed, nothing was sent to anybody
 * - `not-in-call` there is no partner to send to, or to report
 * - `invalid-text` empty, or longer than 4096 bytes of UTF-8
 * - `invalid-options` an option is of the wrong kind or too long; the message names it
 * - `aborted` `stop()` came before `start()` was done
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

/** A kind of device a visitor is asked for. */
export type Device = 'camera' | 'microphone'

interface BuddyErrorDetails {
  readonly cause?: unknown
  readonly devices?: readonly Device[]
  readonly retryAfterMs?: number
}

/** The one error of this package. It is told once: by a rejected call, else by an `error` event. */
export class BuddyError extends Error {
  override readonly name = 'BuddyError'
  readonly code: BuddyErrorCode
  /** For device errors: the devices concerned. Empty otherwise. */
  readonly devices: readonly Device[]
  /** For refusals that pass: when to try again, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(code: BuddyErrorCode, message: string, details: BuddyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.devices = details.devices ?? []
    this.retryAfterMs = details.retryAfterMs
  }
}

/** An action that can be neither sent to the server nor kept for later. */
export const serverUnreachable = (message = 'the server is not connected'): BuddyError =>
  new BuddyError('server-unreachable', message)
