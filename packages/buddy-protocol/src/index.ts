export { cleanMessage } from './clean-message.ts'
export { cleanText } from './clean-text.ts'
export type { CloseCode } from './close-codes.ts'
export { closeCodes, mayReconnect, waitAfterCloseMs } from './close-codes.ts'
export type { Codec } from './codec.ts'
export { createCodec, decode, encode, peekNumber } from './codec.ts'
export type {
  CallFailure,
  ConsentTopic,
  LeaveReason,
  MeasureKind,
  Mode,
  ReportReason,
  SearchObstacle,
} from './enums.ts'
export {
  callFailures,
  consentTopics,
  leaveReasons,
  measureKinds,
  modes,
  reportReasons,
  searchObstacles,
} from './enums.ts'
export type { ErrorCode } from './error-codes.ts'
export { errorCodes } from './error-codes.ts'
export type {
  ClientMessage,
  Direction,
  Message,
  MessageOf,
  MessageType,
  ServerMessage,
} from './messages.ts'
export { messages, messageTypeOf } from './messages.ts'
export type { Msgpack, WireValue } from './msgpack.ts'
export { msgpack } from './msgpack.ts'
export { ProtocolError } from './protocol-error.ts'
export { maxFieldBytes, textRate } from './limits.ts'
export { wellFormed } from './unicode.ts'
export { checkStructure } from './check-structure.ts'

/** The WebSocket subprotocol (RFC 6455 §1.9) of this version of the protocol. */
export const subprotocol = 'buddy.v1'
