/**
 * Every WebSocket close code a server uses, by name; the name is also the close reason.
 * The number says what a client may do, so that a code added later is understood too:
 * 4000–4499 reconnect (after the time named in the frame before, else with backoff),
 * 4500–4999 do not: the same attempt would end the same way.
 */
export const closeCodes = {
  /** The server stops or moves. */
  'going-away': 4000,
  /** The server has reached its number of users. */
  'server-full': 4001,
  /** Too many connections from one address. */
  'too-many-connections': 4002,
  /** Far too many frames in a short time. */
  'rate-limited': 4003,
  /** No `hello` in time. */
  'hello-timeout': 4004,
  /** The client reads too slowly; what waits for it outgrew its bound. */
  'slow-consumer': 4005,
  /** Malformed frames, repeatedly. */
  'protocol-violation': 4500,
  /** The page's origin is not on the server's list. */
  'origin-not-allowed': 4501,
  /** The client did not offer a subprotocol this server speaks. */
  'unsupported-version': 4502,
  /** The site named in `hello` is none of this server's. */
  'unknown-site': 4503,
  /** The site admits only who shows a token. */
  'token-required': 4504,
  /** The token is not one, or not signed by the site. */
  'token-invalid': 4505,
  /** The token was good once; the page has to get a new one. */
  'token-expired': 4506,
  /** The token is for another site. */
  'token-wrong-site': 4507,
  /** Another connection has resumed the session; coming back would only take it from there. */
  'session-taken': 4508,
  /** Nothing was done for too long; a person has to want to come back. */
  'idle-timeout': 4509,
  /** The operator has shut this person out. */
  banned: 4510,
  /** The program the server is part of has refused this connection. */
  refused: 4511,
} as const

/** The name of a close code, as in {@link closeCodes}. */
export type CloseCode = keyof typeof closeCodes

/**
 * How long a client waits at least, in milliseconds, if a connection ended with this code and the frame
 * that names a time did not arrive. Servers name the same times in that frame, except that `going-away`
 * is spread around its time. After other codes below 4500 a client waits as after an accident.
 */
export const waitAfterCloseMs = {
  'going-away': 2500,
  'server-full': 10_000,
  'too-many-connections': 10_000,
  'rate-limited': 30_000,
} as const satisfies { readonly [Name in CloseCode]?: number }

/**
 * Whether a client whose connection ended with `code` may try again by itself.
 * Codes below 4000 are the WebSocket standard's (RFC 6455 §7.4.1): all but 1000 (normal closure)
 * tell of an accident or a restart.
 */
export function mayReconnect(code: number): boolean {
  if (code === 1000) return false
  return code < 4500 || code > 4999
}
