import type { MessageOf } from '@buddy-chat/protocol'
import { decode, messageTypeOf, peekNumber } from '@buddy-chat/protocol'
import { personOf } from '../person.ts'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'

/**
 * Passes a frame for the partner on as it is. Its structure has been walked, its fields are never
 * decoded: the partner's own client checks those.
 */
function handleRelay(session: Session, frame: Uint8Array, context: HandlerContext): void {
  const partner = context.rooms.partnerOf(session)
  if (!partner) {
    tell(session, 'not-in-room', 'there is no partner to pass this on to')
    return
  }
  // The bytes are the socket's buffer, which is reused as soon as this returns.
  partner.sendFrame(frame.slice())
  context.onRelayed(frame.length, session.lastActiveMs)
}

/**
 * Sees to a frame for the partner: passes it on, where the hook allows it; while the partner of a
 * room that goes on after a restart is awaited, keeps it for then.
 */
export function handleForPartner(
  session: Session,
  frame: Uint8Array,
  context: HandlerContext,
): void {
  if (!session.room && context.reunions.keep(session, frame.slice())) return
  const isText = messageTypeOf(peekNumber(frame) ?? -1) === 'text'
  if (isText && context.onText) handleModeratedText(session, frame, context)
  else handleRelay(session, frame, context)
}

/** What is asked of the hook, one line after the other, so that order is kept. */
const asking = new WeakMap<Session, Promise<void>>()

/**
 * Asks the hook about a line before it is passed on: the only frames a server reads, and only where
 * the program around it wants to moderate.
 * @throws ProtocolError where the line is none
 */
function handleModeratedText(session: Session, frame: Uint8Array, context: HandlerContext): void {
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
