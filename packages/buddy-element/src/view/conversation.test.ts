import { expect, test } from 'vitest'
import type { ChatMessage } from './conversation.ts'
import { withMessage } from './conversation.ts'

test('withMessage keeps the latest 500 messages of a conversation, in order', () => {
  let messages: readonly ChatMessage[] = []
  for (let count = 1; count <= 1200; count++) {
    messages = withMessage(messages, { from: 'partner', text: String(count) })
    if (count <= 500) expect(messages).toHaveLength(count)
  }
  expect(messages.map(({ text }) => Number(text))).toEqual(
    Array.from({ length: 500 }, (_, index) => 701 + index),
  )
})
