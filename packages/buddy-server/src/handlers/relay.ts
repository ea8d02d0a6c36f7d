import type { MessageOf } from '@buddy-chat/protocol'
import { decode } from '@buddy-chat/protocol'
import { personOf } from '../person.ts'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'

/**
 * Passes a frame for the partner on as it is. Its structure has been walked, its fields are never
 * decoded: the partner's own client checks those.
 */
export function handleRelay(session: Session, frame: Uint8Array, context: HandlerContext): void {
  const partner = context.rooms.partnerOf(session)
  if (!partner) {
    tell(session, 'not-in-room', 'there is no partner to pass this on to')
    return
  }
  // The bytes are the socket's buffer, which is reused as soon as this returns.
  partner.sendFrame(frame.slice())
  context.onRelayed(frame.length, session.lastActiveMs)
}

/** What is asked of the hook, one line after the other, so that order is kept. */
const asking = new WeakMap<Session, Promise<void>>()

/**
 * Asks the hook about a line before it is passed on: the only frames a server reads, and only where
 * the program around it wants to moderate.
 * @throws ProtocolError where the line is none
 */
export function handleModeratedText(
  session: Session,
  frame: Uint8Array,
  context: HandlerContext,
): void {
  const { rooms, onText, onInternalError } = context
  const { text } = decode(frame) as MessageOf<'text'>
  const bytes = frame.slice()
  const { room } = session
  const partner = rooms.partnerOf(session)
  if (!room || !partner) {
    handleRelay(session, bytes, context)
    return
  }
  const ask = async (): Promise<void> => {
    try {
      const line = { room: room.id, from: personOf(session), to: personOf(partner), text }
      const isAllowed = (await onText?.(line)) !== false
      // Meanwhile the two may have parted.
      if (session.room !== room) return
      if (isAllowed) handleRelay(session, bytes, context)
      else tell(session, 'refused', 'this line was not passed on')
    } catch (error) {
      onInternalError(error)
      tell(session, 'internal', 'this line was not passed on')
    }
  }
  asking.set(session, (asking.get(session) ?? Promise.resolve()).then(ask))
}
