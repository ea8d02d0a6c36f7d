/**
 * Every WebSocket close code that a server uses, by name. The name is also the close reason. The range
 * of the code says what a client may do, so that clients understand codes of later versions too:
 * - 4000–4499: the client may reconnect. If the message before the close gave a time, the client waits for
 *   that time, otherwise with backoff.
 * - 4500–4999: the client must not reconnect, because the next attempt would end in the same way.
 */
export const closeCodes = {
  /** The server stops. */
  'going-away': 4000,
  /** The server or the site has its maximum number of users. */
  'server-full': 4001,
  /** Too many connections or sessions from one address. */
  'too-many-connections': 4002,
  /** Far too many frames in a short time. */
  'rate-limited': 4003,
  /** The client did not send `hello` in time. */
  'hello-timeout': 4004,
  /** The client reads too slowly, so that the frames queued for it have exceeded the limit. */
  'slow-consumer': 4005,
  /** The client has violated the protocol repeatedly. */
  'protocol-violation': 4500,
  /** The server, or the site, does not allow the page's origin. */
  'origin-not-allowed': 4501,
  /** The client did not offer a subprotocol that this server supports. */
  'unsupported-version': 4502,
  /** The server has no site with the key in `hello`. */
  'unknown-site': 4503,
  /** The site admits only clients with a site token. */
  'token-required': 4504,
  /** The site token is malformed, or not signed by the site. */
  'token-invalid': 4505,
  /** The site token has expired. The page must get a new one. */
  'token-expired': 4506,
  /** The site token is for another site. */
  'token-wrong-site': 4507,
  /**
   * Another connection has resumed the session. Reconnecting would take the session from that connection.
   */
  'session-taken': 4508,
  /** The session was idle for too long. The client reconnects when the user asks for it. */
  'idle-timeout': 4509,
  /** The operator has banned this user. */
  banned: 4510,
  /** A hook of the program that runs the server has refused this connection. */
  refused: 4511,
} as const

/** A name in {@link closeCodes}. */
export type CloseCode = keyof typeof closeCodes

/**
 * The shortest time, in milliseconds, that a client waits after a close code if no message with a time
 * arrived before the close. Servers send the same times in that message, except for `going-away`, whose
 * time is random. After other codes below 4500 a client waits as after a lost connection.
 */
export const waitAfterCloseMs = {
  'going-away': 2500,
  'server-full': 10_000,
  'too-many-connections': 10_000,
  'rate-limited': 30_000,
} as const satisfies { readonly [Name in CloseCode]?: number }

/**
 * Returns whether a client may reconnect by itself after a connection that ended with `code`. Codes below
 * 4000 are those of the WebSocket standard (RFC 6455 §7.4.1). Of these, only 1000 (normal closure) forbids
 * a reconnect; the others mean a lost connection or a restart.
 */
export function mayReconnect(code: number): boolean {
  if (code === 1000) return false
  return code < 4500 || code > 4999
}
