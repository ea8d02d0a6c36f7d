// The numbers and limits of the protocol, copied from the tables of docs/protocol.md. A test compares them
// with the page.

/** The numbers of the message types. */
export const types = {
  hello: 1,
  ticket: 2,
  next: 3,
  leave: 4,
  report: 5,
  ping: 6,
  diagnosis: 7,
  change: 8,
  block: 9,
  signal: 16,
  text: 17,
  typing: 18,
  trust: 19,
  consent: 20,
  welcome: 32,
  waiting: 33,
  matched: 34,
  'partner-left': 35,
  stats: 36,
  error: 37,
  'going-away': 38,
  'partner-away': 39,
  'partner-back': 40,
  'ice-servers': 41,
  searching: 42,
  measure: 43,
} as const

/** The name of a message type. */
export type TypeName = keyof typeof types

/** The maximum length of a frame of each type, in bytes. */
export const maxBytes = {
  hello: 8192,
  ticket: 50_176,
  next: 49_152,
  leave: 64,
  report: 49_152,
  ping: 64,
  diagnosis: 64,
  change: 4096,
  block: 128,
  signal: 49_152,
  text: 4200,
  typing: 64,
  trust: 64,
  consent: 64,
  welcome: 16_384,
  waiting: 64,
  matched: 2048,
  'partner-left': 64,
  stats: 128,
  error: 512,
  'going-away': 64,
  'partner-away': 64,
  'partner-back': 64,
  'ice-servers': 16_384,
  searching: 1024,
  measure: 2048,
} as const satisfies Record<TypeName, number>

/** A type number that no version of the protocol uses yet. */
export const unknownType = 0x7f

/** The numbers of the error codes. */
export const errors = {
  unknown: 0,
  'malformed-frame': 1,
  'invalid-field': 2,
  'frame-too-large': 3,
  'wrong-direction': 4,
  'hello-required': 5,
  'hello-repeated': 6,
  'ticket-required': 7,
  'not-in-room': 8,
  'rate-limited': 9,
  'server-full': 10,
  'too-many-connections': 11,
  'origin-not-allowed': 12,
  'unsupported-version': 13,
  internal: 14,
  'wrong-mode': 15,
  'unknown-site': 16,
  'token-required': 17,
  'token-invalid': 18,
  'token-expired': 19,
  'token-wrong-site': 20,
  'not-permitted': 21,
  'session-taken': 22,
  'idle-timeout': 23,
  banned: 24,
  refused: 25,
  'unknown-room': 26,
  'proof-required': 27,
  unavailable: 28,
} as const

/** The name of an error code. */
export type ErrorName = keyof typeof errors

/** The close codes. */
export const closes = {
  'going-away': 4000,
  'server-full': 4001,
  'too-many-connections': 4002,
  'rate-limited': 4003,
  'hello-timeout': 4004,
  'slow-consumer': 4005,
  'protocol-violation': 4500,
  'origin-not-allowed': 4501,
  'unsupported-version': 4502,
  'unknown-site': 4503,
  'token-required': 4504,
  'token-invalid': 4505,
  'token-expired': 4506,
  'token-wrong-site': 4507,
  'session-taken': 4508,
  'idle-timeout': 4509,
  banned: 4510,
  refused: 4511,
} as const

/** The name of a close code. */
export type CloseName = keyof typeof closes

/** The rates of the table: how many frames a session may send at once, and how many more per second. */
export const rates = {
  signal: { atOnce: 100, perSecond: 50 },
  text: { atOnce: 10, perSecond: 3 },
  typing: { atOnce: 10, perSecond: 3 },
  next: { atOnce: 10, perSecond: 2 },
  ticket: { atOnce: 10, perSecond: 2 },
  'others together': { atOnce: 20, perSecond: 5 },
} as const

/** The modes of a ticket. */
export const modes = { video: 0, audio: 1, text: 2 } as const

/** The reasons of `partner-left`. */
export const reasons = { next: 0, left: 1, lost: 2 } as const

/** Returns the name of a number in one of the tables above; undefined if the table does not have it. */
export function nameOf<T extends Readonly<Record<string, number>>>(
  table: T,
  number: number,
): (keyof T & string) | undefined {
  return Object.keys(table).find((name) => table[name] === number)
}
