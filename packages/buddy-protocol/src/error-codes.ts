/**
 * Every error that a server sends, with its number on the wire. An error message alone does not end the
 * connection. If the server also closes the connection, a close code follows (`close-codes.ts`).
 */
export const errorCodes = {
  /** A client reads every code that it does not know as this one. It reports `message` and continues. */
  unknown: 0,
  /** The frame is not binary, or not one msgpack array of the allowed kinds of values. */
  'malformed-frame': 1,
  /** A field is missing, of a wrong kind, or outside its limits. */
  'invalid-field': 2,
  /** The frame is longer than its type allows. */
  'frame-too-large': 3,
  /** The client sent a message that only a server sends. */
  'wrong-direction': 4,
  /** The first message was not `hello`, or no `hello` came in time. */
  'hello-required': 5,
  /** The client sent `hello` a second time. */
  'hello-repeated': 6,
  /** The client sent `next`, but has never sent a ticket. */
  'ticket-required': 7,
  /** There is no partner for this message. Harmless if the partner has just left. */
  'not-in-room': 8,
  /**
   * The client sent too many frames of one type, and the server dropped one. Retry after `retryAfterMs`.
   */
  'rate-limited': 9,
  /** The server or the site has its maximum number of users. Retry after `retryAfterMs`. */
  'server-full': 10,
  /** Too many connections or sessions from one address. Retry after `retryAfterMs`. */
  'too-many-connections': 11,
  /** The server, or the site, does not allow the page's origin. */
  'origin-not-allowed': 12,
  /** The client did not offer a subprotocol that this server supports. */
  'unsupported-version': 13,
  /** An internal error of the server. */
  internal: 14,
  /**
   * The client sent `signal` or `trust` in text mode, in which neither user may learn the other's address.
   */
  'wrong-mode': 15,
  /** The server has no site with the key in `hello`. */
  'unknown-site': 16,
  /** The site admits only clients with a site token. */
  'token-required': 17,
  /** The site token is malformed, or not signed by the site. The message says which. */
  'token-invalid': 18,
  /** The site token has expired. */
  'token-expired': 19,
  /** The site token is for another site. */
  'token-wrong-site': 20,
  /** The site does not allow this mode, this lobby, or texts. */
  'not-permitted': 21,
  /** Another connection has resumed the session. */
  'session-taken': 22,
  /** The session was idle for too long. */
  'idle-timeout': 23,
  /** The operator has banned this user. */
  banned: 24,
  /** A hook of the program that runs the server has refused this user, or a single text. */
  refused: 25,
  /** The report names a room that this session was never in, or that the server has forgotten. */
  'unknown-room': 26,
  /** A hook of the program that runs the server requires a valid `proof` in `hello`. */
  'proof-required': 27,
  /**
   * The server cannot match users at present. It keeps the ticket and tries again after `retryAfterMs`, without another
   * message of the client.
   */
  unavailable: 28,
} as const

/** A name in {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes
