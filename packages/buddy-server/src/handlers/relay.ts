import type { MessageOf } from '@buddy-chat/protocol'
import { decode, ProtocolError } from '@buddy-chat/protocol'
import type { PartnerLink } from '../sessions/partner-link.ts'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { sendError } from './send-error.ts'
import type { FrameHandler } from './frame-handler.ts'

/** A text and the frame that contained it, for the hook that reviews texts. */
interface ReviewedText {
  readonly frame: Uint8Array
  readonly text: string
}

/** Relays WebRTC signalling, but not in text mode, which must not reveal the partners' addresses. */
export function relaySignal(type: 'signal' | 'trust'): FrameHandler<Uint8Array> {
  return {
    read: (session, frame) => {
      if (session.participant.mode === 'text') {
        throw new ProtocolError('wrong-mode', `${type} is not allowed in text mode`)
      }
      return frame
    },
    handle: (session, frame, context) => relayOrKeep(session, frame, context),
  }
}

/** Relays texts if the site allows them. If there is a hook that reviews texts, it decides first. */
export const relayText: FrameHandler<Uint8Array | ReviewedText> = {
  read: (session, frame, context) => {
    if (!context.textReview || !context.siteOf(session).isTextAllowed) return frame
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
  sendError(session, 'not-permitted', 'this site does not allow texts')
  return false
}

/**
 * Relays a frame at once, or after its review. While a restored session waits for its partner, the
 * frame is kept until the partner is back.
 * @param text the text of the frame, if the hook reviews it
 */
function relayOrKeep(
  session: Session,
  frame: Uint8Array,
  context: HandlerContext,
  text?: string,
): void {
  const { participant } = session
  const { partner } = participant
  // The frame is a view of the socket's buffer, which is reused after this call: it is copied.
  if (partner && text === undefined) {
    // The copy is written at the end of this turn. A copy in Node's pool takes a third of the time of a
    // separate allocation.
    relay(partner, Buffer.copyBytesFrom(frame), context, session.lastActiveMs)
    return
  }
  // The frame may wait for long. A copy in Node's pool would keep 8 kB in memory meanwhile.
  const bytes = frame.slice()
  if (partner) review(session, partner, bytes, context, text)
  else if (!participant.hold(bytes.length, () => relayHeld(session, bytes, context, text))) {
    sendError(session, 'not-in-room', 'there is no partner to relay this to')
  }
}

/** Relays a frame that was kept until the partner was back. */
function relayHeld(
  session: Session,
  bytes: Uint8Array,
  context: HandlerContext,
  text: string | undefined,
): void {
  const { partner } = session.participant
  if (partner) review(session, partner, bytes, context, text)
}

function review(
  session: Session,
  partner: PartnerLink,
  bytes: Uint8Array,
  context: HandlerContext,
  text: string | undefined,
): void {
  const { textReview } = context
  if (text === undefined || !textReview) relay(partner, bytes, context)
  else textReview.review(session, partner, text, () => relay(partner, bytes, context))
}

/**
 * Relays a frame to the partner unchanged. Its structure has been checked. Its fields are not decoded,
 * because the partner's client validates them.
 * @param readAtMs when the server read the frame. Undefined if the frame has waited for a hook or a
 *   partner: that time is not the server's handling time.
 */
function relay(
  partner: PartnerLink,
  bytes: Uint8Array,
  context: HandlerContext,
  readAtMs?: number,
): void {
  partner.pass(bytes)
  context.onRelayed(bytes.length, readAtMs)
}
