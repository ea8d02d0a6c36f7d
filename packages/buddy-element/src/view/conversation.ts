/** A message of the conversation with the current partner. */
export interface ChatMessage {
  readonly from: 'partner' | 'self'
  readonly text: string
}

/**
 * The number of messages that are kept. A partner who sends as fast as the server allows reaches it
 * in three minutes.
 */
const maxMessages = 500

/** Returns the conversation with a message added at its end. Keeps the latest 500 messages. */
export function withMessage(
  messages: readonly ChatMessage[],
  message: ChatMessage,
): readonly ChatMessage[] {
  return [...messages.slice(1 - maxMessages), message]
}
