import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Handles the frames of one message type in two steps. An error in `read` is the fault of the client. An
 * error in `handle` is the fault of the server.
 */
export interface FrameHandler<T> {
  /**
   * Reads a frame. Its bytes are valid only until `handle` returns.
   * @throws ProtocolError if the frame breaks the protocol, which counts as a violation
   */
  read(session: Session, frame: Uint8Array, context: HandlerContext): T
  /** Handles the result of `read`. Every error that it throws is an internal error of the server. */
  handle(session: Session, message: T, context: HandlerContext): void
}
