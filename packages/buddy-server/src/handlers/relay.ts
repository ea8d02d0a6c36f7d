import type { MessageOf } from '@buddy-chat/protocol'
import { ProtocolError } from '@buddy-chat/protocol'
import { decode, encode } from '../codec.ts'
import type { PartnerLink } from '../sessions/partner-link.ts'
import type { Session } from '../sessions/session.ts'
import type { HandlerContext } from './context.ts'
import { sendError } from './send-error.ts'
import type { FrameHandler } from './frame-handler.ts'

/** A text that the server reads, and the frame that contained it. */
interface ReadText {
  readonly frame: Uint8Array
  readonly text: string
}

/** Relays WebRTC signals. Refuses them in text mode, which must not reveal the partners' addresses. */
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

/**
 * Relays texts if the site allows them. The server reads only the texts that its gate has to see, and all if
 * the hook `onText` is set; then a text is relayed only after the hook has allowed it.
 */
export const relayText: FrameHandler<Uint8Array | ReadText> = {
  read: (session, frame, context) => {
    const isRead = context.textReview !== undefined || context.textGate.wants(session)
    if (!isRead || !context.siteOf(session).isTextAllowed) return frame
    // The text is decoded in this step, so that an invalid text counts as a violation of its sender.
    const text = asciiTextIn(frame) ?? (decode(frame) as MessageOf<'text'>).text
    return { frame, text }
  },
  handle: (session, message, context) => {
    if (!isTextAllowed(session, context)) return
    if (message instanceof Uint8Array) {
      relayOrKeep(session, message, context)
      return
    }
    const { frame, text } = message
    const { partner } = session.participant
    const refusal = partner && context.textGate.check(session, partner, text)
    if (refusal) sendError(session, 'rate-limited', refusal.message, refusal.retryAfterMs)
    else relayOrKeep(session, frame, context, context.textReview && text)
  },
}

const isAscii = /^[\x20-\x7e\n]+$/

/**
 * Returns the text of a frame of `text`. Undefined if the frame has anything but a short text in plain ASCII;
 * then it has to be decoded, which takes several times as long.
 */
function asciiTextIn(frame: Uint8Array): string | undefined {
  const header = frame[2] ?? 0
  // An array of two values (0x92): the type, and a string with its length in one byte (0xa0 to 0xbf) or two.
  const isShort = (header & 0xe0) === 0xa0
  if (frame[0] !== 0x92 || (!isShort && header !== 0xd9)) return undefined
  const start = isShort ? 3 : 4
  const length = isShort ? header & 0x1f : frame[3]
  if (start + (length ?? 0) !== frame.length) return undefined
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  const text = bytes.toString('latin1', start)
  return isAscii.test(text) ? text : undefined
}

/** Relays typing notices if the site allows texts. */
export const relayTyping: FrameHandler<Uint8Array> = {
  read: (_session, frame) => frame,
  handle: (session, frame, context) => {
    if (isTextAllowed(session, context)) relayOrKeep(session, frame, context)
  },
}

/** Relays `consent`. The partner's client decides what it means. */
export const relayConsent: FrameHandler<Uint8Array> = {
  read: (_session, frame) => frame,
  handle: (session, frame, context) => relayOrKeep(session, frame, context),
}

/** Returns whether the site allows texts. If it does not, sends the session an error. */
function isTextAllowed(session: Session, context: HandlerContext): boolean {
  if (context.siteOf(session).isTextAllowed) return true
  sendError(session, 'not-permitted', 'this site does not allow texts')
  return false
}

/**
 * Relays a frame at once, or after the hook has reviewed it. If the session waits for its partner after a
 * restart, keeps the frame until the partner is back.
 * @param text the text in the frame; undefined if no hook reviews it
 */
function relayOrKeep(
  session: Session,
  frame: Uint8Array,
  context: HandlerContext,
  text?: string,
): void {
  const { participant } = session
  const { partner } = participant
  // The frame is copied here and below, because it is a view of the socket's buffer, which is reused after
  // this call.
  if (partner && text === undefined) {
    // This copy is in Node's buffer pool, which takes a third of the time of a separate allocation. It is
    // needed only until the end of this turn of the event loop.
    relay(partner, Buffer.copyBytesFrom(frame), context, session.lastActiveMs)
    return
  }
  // This copy is allocated separately, because it may be needed for long. A copy in Node's buffer pool would
  // keep 8 kB in memory for that time.
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
  else {
    textReview.review(session, partner, text, (replacement) => {
      const frame = replacement === undefined ? bytes : encode({ type: 'text', text: replacement })
      relay(partner, frame, context)
    })
  }
}

/**
 * Relays a frame to the partner unchanged. Its structure has been checked. Its fields are not decoded,
 * because the partner's client validates them.
 * @param readAtMs when the server read the frame. Undefined if the frame has waited for a hook or a partner,
 * because the handling time is not measured then.
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
