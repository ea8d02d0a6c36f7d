/** The text messages. */
export const textPanel = {
  openText: 'Show messages',
  openUnreadText: 'Show messages ({count})',
  closeText: 'Hide messages',
  conversation: 'Messages',
  textPlaceholder: 'Write a message',
  textDisabled: 'Messages open with a partner',
  send: 'Send',
  emptyConversation: 'Say hello: nothing here is kept.',
  typing: '{partner} is writing…',
} as const
