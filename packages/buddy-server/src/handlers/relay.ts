import type { MessageOf } from '@buddy-chat/protocol'
import { decode, ProtocolError } from '@buddy-chat/protocol'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { tell } from './context.ts'
import type { FrameHandler } from './frame-handler.ts'

/** A text, with the frame that brought it, for the hook that reviews texts. */
interface ReviewedText {
  readonly frame: Uint8Array
  readonly text: string
}

/** Relays WebRTC signalling. In text mode neither partner may learn the other's address. */
export function relaySignal(type: 'signal' | 'trust'): FrameHandler<Uint8Array> {
  return {
    read: (session, frame) => {
      if (session.wish?.mode === 'text') {
        throw new ProtocolError('wrong-mode', `there is no ${type} in text mode`)
      }
      return frame
    },
    handle: (session, frame, context) => relayOrKeep(session, frame, context),
  }
}

/** Relays texts if the site allows them. If there is a hook that reviews texts, it decides first. */
export const relayText: FrameHandler<Uint8Array | ReviewedText> = {
  read: (session, frame, context) => {
    if (!context.moderation || !context.siteOf(session).isTextAllowed) return frame
    // Decoded before anything waits: an invalid text is the sender's violation.
    const { text } = decode(frame) as MessageOf<'text'>
    return { frame, text }
  },
  handle: (session, message, context) => {
    if (!isTextAllowed(session, context)) return
    if (message instanceof Uint8Array) relayOrKeep(session, message, context)
    else relayOrKeep(session, message.frame, context, message.text)
  },
}

/** Relays typing notices if the site allows texts. */
export const relayTyping: FrameHandler<Uint8Array> = {
  read: (_session, frame) => frame,
  handle: (session, frame, context) => {
    if (isTextAllowed(session, context)) relayOrKeep(session, frame, context)
  },
}

/** Whether the site allows texts. If it does not, the session receives an error. */
function isTextAllowed(session: Session, context: HandlerContext): boolean {
  if (context.siteOf(session).isTextAllowed) return true
  tell(session, 'not-permitted', 'people do not write to each other on this site')
  return false
}

/**
 * Relays a frame at once, or after its review. While a restored session waits for its partner, the
 * frame is kept until the partner comes.
 * @param text the text of the frame, if the hook reviews it
 */
function relayOrKeep(
  session: Session,
  frame: Uint8Array,
  context: HandlerContext,
  text?: string,
): void {
  // The bytes are the socket's buffer, which is reused as soon as this returns.
  if (session.room && text === undefined) {
    // Written at the end of this turn. A copy in Node's pool takes a third of the time of one in memory
    // of its own.
    relay(session, Buffer.copyBytesFrom(frame), context, session.lastActiveMs)
    return
  }
  // It may wait for long, and would keep 8 kB of the pool meanwhile.
  const bytes = frame.slice()
  if (!session.room) {
    const pass = (): void => judge(session, bytes, context, text)
    if (context.reunions.keep(session, bytes.length, pass)) return
  }
  judge(session, bytes, context, text, session.lastActiveMs)
}

function judge(
  session: Session,
  bytes: Uint8Array,
  context: HandlerContext,
  text: string | undefined,
  readAtMs?: number,
): void {
  const { moderation } = context
  if (text === undefined || !moderation) relay(session, bytes, context, readAtMs)
  else moderation.judge(session, text, () => relay(session, bytes, context))
}

/**
 * Passes a frame for the partner on as it is. Its structure has been walked, its fields are not
 * decoded for that: the partner's own client checks those.
 * @param readAtMs undefined where it has waited for a hook or a partner, which is no time of ours
 */
function relay(
  session: Session,
  bytes: Uint8Array,
  context: HandlerContext,
  readAtMs?: number,
): void {
  const partner = context.rooms.partnerOf(session)
  if (!partner) {
    tell(session, 'not-in-room', 'there is no partner to pass this on to')
    return
  }
  partner.sendFrame(bytes)
  context.onRelayed(bytes.length, readAtMs)
}
