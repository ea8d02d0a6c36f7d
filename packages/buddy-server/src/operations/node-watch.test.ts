import { expect, test } from 'vitest'
import type { NodeStatus } from '../engine/engine.ts'
import { idleReport } from '../engine/node-report.fixture.ts'
import { NodeWatch } from './node-watch.ts'

const node = (id: string, about: Partial<NodeStatus> = {}): NodeStatus => ({
  ...idleReport,
  id,
  name: `chat-${id}`,
  keyMark: 'ours',
  isLost: false,
  beatAgoMs: 0,
  ...about,
})

test('logs once that a server was lost, but not one that was lost before', () => {
  const lines: unknown[] = []
  const note = (about: unknown, message: unknown): unknown => lines.push([about, message])
  const watch = new NodeWatch({ log: { warn: note, error: note } as never, keyMark: 'ours' })
  const earlier = node('0', { isLost: true })
  watch.look([earlier, node('1'), node('2')])
  watch.look([earlier, node('1')])
  expect(lines).toEqual([])
  for (const _ of [1, 2]) watch.look([earlier, node('1', { isLost: true })])
  expect(lines).toEqual([[{ server: 'chat-1' }, 'a server was lost']])
})

test('logs once that a server has another secret key, but not one that reports none', () => {
  const lines: unknown[] = []
  const note = (about: unknown, message: unknown): unknown => lines.push([about, message])
  const watch = new NodeWatch({ log: { warn: note, error: note } as never, keyMark: 'ours' })
  const earlierVersion = node('0', { keyMark: undefined })
  for (const _ of [1, 2]) watch.look([earlierVersion, node('1'), node('2', { keyMark: 'theirs' })])
  expect(lines).toEqual([
    [{ server: 'chat-2' }, expect.stringContaining('a server has another SECRET_KEY')],
  ])
})
