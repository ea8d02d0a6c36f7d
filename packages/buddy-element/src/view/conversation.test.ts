import { expect, test } from 'vitest'
import type { Line } from './conversation.ts'
import { withLine } from './conversation.ts'

test('keeps the latest 500 lines of a conversation, in order', () => {
  let lines: readonly Line[] = []
  for (let count = 1; count <= 1200; count++) {
    lines = withLine(lines, { from: 'partner', text: String(count) })
    if (count <= 500) expect(lines).toHaveLength(count)
  }
  expect(lines.map(({ text }) => Number(text))).toEqual(
    Array.from({ length: 500 }, (_, index) => 701 + index),
  )
})
