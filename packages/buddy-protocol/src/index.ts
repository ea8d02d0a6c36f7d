export { cleanText } from './clean-text.ts'
export type { CloseCode } from './close-codes.ts'
export { closeCodes, mayReconnect, waitAfterCloseMs } from './close-codes.ts'
export { decode, encode, peekNumber } from './codec.ts'
export type { ErrorCode } from './error-codes.ts'
export { errorCodes } from './error-codes.ts'
export type {
  CallFailure,
  ClientMessage,
  Direction,
  LeaveReason,
  Message,
  MessageOf,
  MessageType,
  Mode,
  ReportReason,
  ServerMessage,
} from './messages.ts'
export {
  callFailures,
  leaveReasons,
  messages,
  messageTypeOf,
  modes,
  reportReasons,
} from './messages.ts'
export { ProtocolError } from './protocol-error.ts'
export { textRate } from './limits.ts'
export { wellFormed } from './unicode.ts'
export { checkStructure } from './check-structure.ts'

/** The WebSocket subprotocol (RFC 6455 §1.9) of this version. */
export const subprotocol = 'buddy.v1'
