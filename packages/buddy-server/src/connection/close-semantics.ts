import type { CloseCode } from '@buddy-chat/protocol'

/** Close codes of a page that was closed or left (RFC 6455 §7.4.1). Every other code means a lost connection. */
const leavingCodes: ReadonlySet<number> = new Set([1000, 1001, 1005])

/** Closes by the server after which the session may go on. Every other close ends the session too. */
const resumableCloses: ReadonlySet<CloseCode> = new Set([
  'going-away',
  'slow-consumer',
  'session-taken',
])

/** Closes for what the client did. The operator receives a count of them. */
const cuts: ReadonlySet<CloseCode> = new Set([
  'rate-limited',
  'hello-timeout',
  'slow-consumer',
  'protocol-violation',
])

/** Whether the client has left on purpose, so that its session ends without a grace time. */
export const isLeaving = (code: number): boolean => leavingCodes.has(code)

/** Whether the session ends together with a connection that the server closes with this name. */
export const endsSession = (name: CloseCode): boolean => !resumableCloses.has(name)

/** Whether this close is a cut: the server ends the connection for what the client did. */
export const isCut = (name: CloseCode): boolean => cuts.has(name)
