import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Handles the frames of one message type, in two steps, so that a fault of the client and a fault of
 * the server can be told apart.
 */
export interface FrameHandler<T> {
  /**
   * Reads a frame, whose bytes are valid only until `handle` returns.
   * @throws ProtocolError if the frame breaks the protocol. It counts as a violation.
   */
  read(session: Session, frame: Uint8Array, context: HandlerContext): T
  /** Handles what `read` returned. Whatever it throws is an internal error of the server. */
  handle(session: Session, message: T, context: HandlerContext): void
}
