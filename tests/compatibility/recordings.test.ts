// The recordings themselves, and the command that makes them.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, peekNumber } from '@buddy-chat/protocol'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createResumeTokens } from '../../packages/buddy-server/src/sessions/resume-token.ts'
import { runCommand } from '../run-command.ts'
import { firstDetail, frameOf, readRecordings, recordingsFolder } from './recording.ts'

const recordings = readRecordings()
const versions = readdirSync(recordingsFolder)

test.for(versions)(
  'the recordings of %s contain every message that the version knows',
  (version) => {
    const lines = recordings.flatMap((item) => (item.version === version ? item.lines : []))
    const numbers = lines
      .filter(({ verb }) => verb === 'sends' || verb === 'gets')
      .map((line) => peekNumber(frameOf(line)))
    const known = firstDetail(lines, 'knows').split(' ').map(Number)
    expect([...new Set(numbers)].sort()).toEqual([...known].sort())
  },
)

describe.for(recordings.filter(({ name }) => name === 'restart'))(
  'the server of today reads what $version has sealed:',
  ({ lines }) => {
    const { secretKey = '' } = JSON.parse(firstDetail(lines, 'has', 'server')) as BuddyServerOptions
    const tokens = createResumeTokens(secretKey)
    const received = lines
      .filter(({ verb }) => verb === 'gets')
      .map((line) => decode(frameOf(line)))

    test('each resume token', () => {
      const welcomes = received.flatMap((message) => (message?.type === 'welcome' ? [message] : []))
      expect(welcomes).toHaveLength(4)
      for (const { session, name, resumeToken } of welcomes) {
        expect(tokens.openSession(resumeToken ?? '')).toMatchObject({
          sessionId: session,
          sealedAtMs: expect.any(Number),
          facts: { site: '', name },
        })
      }
    })

    test('each room token', () => {
      const matches = received.flatMap((message) => (message?.type === 'matched' ? [message] : []))
      expect(matches).toHaveLength(2)
      for (const { room, roomToken } of matches) {
        expect(tokens.openRoom(roomToken ?? '')).toMatchObject({ roomId: room, mode: 'text' })
      }
    })
  },
)

test('npm run record records every conversation, and never changes recordings', async () => {
  const to = mkdtempSync(join(tmpdir(), 'buddy-recordings-'))
  onTestFinished(() => rmSync(to, { recursive: true }))
  const record = () => runCommand('tests/compatibility/record.ts', '--version', '9.8.7', '--to', to)
  const first = await record()
  expect(first.code, first.output).toBe(0)
  const files = readdirSync(join(to, '9.8.7'))
  expect(files).toEqual(readdirSync(join(recordingsFolder, versions.at(-1)!)))
  const text = readFileSync(join(to, '9.8.7', files[0]!), 'utf8')
  const second = await record()
  expect(second.code).toBe(2)
  expect(second.output).toMatch(/^There are recordings of 9\.8\.7, which must not change: \S+\n$/)
  expect(readFileSync(join(to, '9.8.7', files[0]!), 'utf8')).toBe(text)
})

test.for([
  [[], /^--version is "": it must be a version such as 0\.1\.0\.\n$/],
  [['--version', '../x'], /^--version is "\.\.\/x": it must be a version such as 0\.1\.0\.\n$/],
] as const)('npm run record refuses %j with a one-line error', async ([args, message]) => {
  const { code, output } = await runCommand('tests/compatibility/record.ts', ...args)
  expect(output).toMatch(message)
  expect(code).toBe(2)
  expect(existsSync(join(recordingsFolder, '..', 'x'))).toBe(false)
})
