/**
 * Every error a server names, with its number on the wire. An error frame by itself never ends
 * the connection; where it does end, a close code follows (`close-codes.ts`).
 */
export const errorCodes = {
  /** A code this version does not know: show `message`, go on. */
  unknown: 0,
  /** Not a binary frame holding one msgpack array of the allowed subset. */
  'malformed-frame': 1,
  /** A field is missing, of another kind, or outside its limits. */
  'invalid-field': 2,
  /** The frame is longer than its type allows. */
  'frame-too-large': 3,
  /** A type that only a server sends. */
  'wrong-direction': 4,
  /** Anything but `hello` came first. */
  'hello-required': 5,
  /** `hello` came a second time. */
  'hello-repeated': 6,
  /** `next` without a ticket ever given. */
  'ticket-required': 7,
  /** Something for a partner, when there is none (any more). Harmless: the partner has just left. */
  'not-in-room': 8,
  /** Too many frames of this type; this one was dropped. Try again after `retryAfterMs`. */
  'rate-limited': 9,
  /** The server has reached its number of users. Try again after `retryAfterMs`. */
  'server-full': 10,
  /** Too many connections from one address. Try again after `retryAfterMs`. */
  'too-many-connections': 11,
  /** The page's origin is not on the server's list. */
  'origin-not-allowed': 12,
  /** The client did not offer a subprotocol this server speaks. */
  'unsupported-version': 13,
  /** The server failed; it is the server's fault. */
  internal: 14,
  /** A `signal` in text mode, where nobody learns the other's address. */
  'wrong-mode': 15,
  /** The site named in `hello` is none of this server's. */
  'unknown-site': 16,
  /** The site admits only who shows a token. */
  'token-required': 17,
  /** The token is not one, or not signed by the site; the message says which. */
  'token-invalid': 18,
  /** The token was good once. */
  'token-expired': 19,
  /** The token is for another site. */
  'token-wrong-site': 20,
  /** The site does not allow this: a mode, a lobby, text. */
  'not-permitted': 21,
  /** Another connection has resumed the session. */
  'session-taken': 22,
  /** Nothing was done for too long. */
  'idle-timeout': 23,
  /** The operator has shut this person out. */
  banned: 24,
  /** The program the server is part of has refused this, for a reason of its own. */
  refused: 25,
  /** A report names a room that this session was not in, or too long ago. */
  'unknown-room': 26,
} as const

/** The name of an error, as in {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes
