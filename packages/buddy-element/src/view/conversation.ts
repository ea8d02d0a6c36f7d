/** A message of the conversation with the current partner. */
export interface ChatMessage {
  readonly from: 'partner' | 'self'
  readonly text: string
}

/** A partner who sends as fast as the server allows reaches this number in three minutes. */
const maxMessages = 500

/** Appends a message. Keeps the latest 500 messages. */
export function withMessage(
  messages: readonly ChatMessage[],
  message: ChatMessage,
): readonly ChatMessage[] {
  return [...messages.slice(1 - maxMessages), message]
}
