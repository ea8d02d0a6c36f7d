import type { Session } from '../session.ts'
import type { HandlerContext } from './context.ts'

/**
 * Passes a frame for the partner on as it is. Its structure has been walked, its fields are never
 * decoded: the partner's own client checks those.
 */
export function handleRelay(session: Session, frame: Uint8Array, { rooms }: HandlerContext): void {
  const partner = rooms.partnerOf(session)
  if (partner) {
    // The bytes are the socket's buffer, which is reused as soon as this returns.
    partner.sendFrame(frame.slice())
    return
  }
  session.send({
    type: 'error',
    code: 'not-in-room',
    message: 'there is no partner to pass this on to',
    retryAfterMs: null,
  })
}
