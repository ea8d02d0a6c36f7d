import type { CloseCode } from '@buddy-chat/protocol'

/**
 * Close codes that arrive if the client or the browser has closed the connection on purpose, for example
 * because the user left the page (RFC 6455 §7.4.1). Every other code means that the connection was lost.
 */
const leavingCodes: ReadonlySet<number> = new Set([1000, 1001, 1005])

/**
 * Close codes of the server after which the client may resume the session. Every other one ends the session
 * too.
 */
const resumableCloses: ReadonlySet<CloseCode> = new Set([
  'going-away',
  'slow-consumer',
  'session-taken',
])

/**
 * Close codes of the server that mean that the client has broken a rule or was too slow. The operator sees
 * their number.
 */
const cuts: ReadonlySet<CloseCode> = new Set([
  'rate-limited',
  'hello-timeout',
  'slow-consumer',
  'protocol-violation',
])

/**
 * Returns whether a client that closed with this code has left on purpose. Then its session ends without a
 * grace time.
 */
export const isLeaving = (code: number): boolean => leavingCodes.has(code)

/** Returns whether the session ends too if the server closes its connection with this code. */
export const endsSession = (name: CloseCode): boolean => !resumableCloses.has(name)

/**
 * Returns whether a close with this code is a cut, which means that the client has broken a rule or was too
 * slow.
 */
export const isCut = (name: CloseCode): boolean => cuts.has(name)
