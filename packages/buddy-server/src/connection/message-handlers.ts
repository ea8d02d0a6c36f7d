import type { ClientMessage, MessageOf, messages } from '@buddy-chat/protocol'
import { decode } from '../codec.ts'
import type { HandlerContext } from '../handlers/context.ts'
import { handleDiagnosis } from '../handlers/diagnosis.ts'
import { handleBlock } from '../handlers/block.ts'
import { handleChange } from '../handlers/change.ts'
import type { FrameHandler } from '../handlers/frame-handler.ts'
import { handleLeave } from '../handlers/leave.ts'
import { handleNext } from '../handlers/next.ts'
import { handlePing } from '../handlers/ping.ts'
import { relayConsent, relaySignal, relayText, relayTyping } from '../handlers/relay.ts'
import { handleReport } from '../handlers/report.ts'
import { handleTicket } from '../handlers/ticket.ts'
import type { Session } from '../sessions/session.ts'

/**
 * Every message type that a client with a session may send. `hello`, which creates the session, is handled in
 * `handshake.ts`.
 */
type SessionMessageType = Exclude<ClientMessage['type'], 'hello'>

/** Returns the handler of a message that the server decodes. */
function decoded<T extends SessionMessageType>(
  handle: (session: Session, message: MessageOf<T>, context: HandlerContext) => void,
): FrameHandler<MessageOf<T>> {
  return { read: (_session, frame) => decode(frame) as MessageOf<T>, handle }
}

type HandlerOf<T extends SessionMessageType> = (typeof messages)[T]['direction'] extends 'client'
  ? FrameHandler<MessageOf<T>>
  : FrameHandler<unknown>

/** The handler of each message type. To add a message, add an entry here and a file in `handlers/`. */
export const messageHandlers: { readonly [T in SessionMessageType]: HandlerOf<T> } = {
  ticket: decoded(handleTicket),
  next: decoded(handleNext),
  leave: decoded(handleLeave),
  ping: decoded(handlePing),
  diagnosis: decoded(handleDiagnosis),
  report: decoded(handleReport),
  change: decoded(handleChange),
  block: decoded(handleBlock),
  signal: relaySignal('signal'),
  trust: relaySignal('trust'),
  text: relayText,
  typing: relayTyping,
  consent: relayConsent,
}
