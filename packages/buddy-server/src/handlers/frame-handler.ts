import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Handles the frames of one message type in two steps. An error in the first step is the client's fault,
 * an error in the second is the server's.
 */
export interface FrameHandler<T> {
  /**
   * Reads a frame. Its bytes are valid only until `handle` returns.
   * @throws ProtocolError if the frame breaks the protocol. It counts as a violation.
   */
  read(session: Session, frame: Uint8Array, context: HandlerContext): T
  /** Handles the result of `read`. Anything it throws is an internal error of the server. */
  handle(session: Session, message: T, context: HandlerContext): void
}
