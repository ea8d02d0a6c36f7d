import type { ErrorCode } from './error-codes.ts'

/**
 * Thrown by {@link decode} and {@link encode} for everything that is not a message of this protocol.
 * `code` is the error that a server answers with. `message` is for developers. It never contains the
 * invalid value, which may be private.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
