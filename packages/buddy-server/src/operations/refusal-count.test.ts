import { expect, test } from 'vitest'
import type { Log } from './log/create-log.ts'
import { RefusalCount } from './refusal-count.ts'

interface Counted {
  readonly count: RefusalCount
  readonly lines: unknown[]
  readonly refuse: (code: string, origin?: string) => void
}

function createCount(): Counted {
  const lines: unknown[] = []
  let atMs = 0
  const log = { info: (fields: unknown) => lines.push(fields) } as unknown as Log
  const count = new RefusalCount(log, () => (atMs += 1000))
  const refuse = (code: string, origin?: string): void =>
    count.observer.refused?.({ code: code as 'server-full', origin })
  return { count, lines, refuse }
}

test('logs one line for all refusals since the previous line, and no line if there were none', () => {
  const { count, lines, refuse } = createCount()
  count.report()
  refuse('server-full', 'https://a.example')
  refuse('server-full')
  refuse('origin-not-allowed', 'https://b.example')
  count.report()
  count.report()
  refuse('banned')
  count.report()
  expect(lines).toEqual([
    { refused: { 'server-full': 2, 'origin-not-allowed': 1 }, origin: 'https://b.example' },
    { refused: { banned: 1 }, origin: undefined },
  ])
})

test('lists the refusals since the start by reason, the latest reason first', () => {
  const { count, refuse } = createCount()
  refuse('server-full', 'https://a.example')
  refuse('banned')
  refuse('server-full', 'https://c.example')
  count.report()
  expect(count.recent).toEqual([
    { reason: 'server-full', count: 2, latestAtMs: 3000, latestOrigin: 'https://c.example' },
    { reason: 'banned', count: 1, latestAtMs: 2000, latestOrigin: null },
  ])
})

test('cuts a long origin', () => {
  const { count, lines, refuse } = createCount()
  refuse('origin-not-allowed', `https://${'x'.repeat(5000)}`)
  count.report()
  expect(count.recent[0]?.latestOrigin).toHaveLength(100)
  expect(JSON.stringify(lines).length).toBeLessThan(200)
})

test('escapes control and format characters in an origin', () => {
  const { count, lines, refuse } = createCount()
  refuse('origin-not-allowed', 'https://a.example\u001b[31m\u009b\u202e')
  count.report()
  const shown = String.raw`https://a.example\u{1b}[31m\u{9b}\u{202e}`
  expect(count.recent[0]?.latestOrigin).toBe(shown)
  expect(lines).toEqual([{ refused: { 'origin-not-allowed': 1 }, origin: shown }])
})
