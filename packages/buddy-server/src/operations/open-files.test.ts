import { expect, test } from 'vitest'
import type { Log } from './log/create-log.ts'
import { OpenFiles } from './open-files.ts'

interface Fixture {
  readonly files: OpenFiles
  /** The lines of the log. Each is the level, then the message. */
  readonly lines: string[]
  readonly system: { limit: number; used: number }
}

/** By default, a hundred sockets are allowed: ten of 142 files are open already, and 32 are reserved. */
function createFixture(limit = 142): Fixture {
  const lines: string[] = []
  const system = { limit, used: 10 }
  const line = (level: string) => (_fields: object, message: string) =>
    lines.push(`${level} ${message}`)
  const log = { info: line('info'), warn: line('warn') } as unknown as Log
  const files = new OpenFiles({
    log,
    files: { limit: () => system.limit, used: () => system.used },
  })
  return { files, lines, system }
}

test('allows as many sockets as the limit, minus the open files and a reserve', () => {
  const { files, lines } = createFixture(142)
  files.refresh(95)
  expect([files.maxSockets, lines]).toEqual([100, []])
})

test('warns if the limit is too low for the maximum of users, at the start and after each reload', () => {
  const { files, lines, system } = createFixture(142)
  const tooLow =
    'warn the limit of open files is too low for MAX_CONCURRENT_USERS: raise it (LimitNOFILE, ulimit -n)'
  files.refresh(96)
  expect(lines).toEqual([tooLow])
  system.used = 90
  files.refresh(96)
  expect([files.maxSockets, lines]).toEqual([100, [tooLow, tooLow]])
  system.limit = 1000
  files.refresh(96)
  expect([files.maxSockets, lines.length]).toEqual([958, 2])
})

test('allows any number of sockets on a system without a limit', () => {
  const { files, lines } = createFixture(Infinity)
  files.refresh(1_000_000)
  files.handleSockets(1_000_000)
  expect([files.isNearlyFull, files.maxSockets, lines]).toEqual([false, Infinity, []])
})

test('warns once before the limit and once at it, and logs when the number is well below again', () => {
  const { files, lines } = createFixture()
  files.refresh(50)
  const full: boolean[] = []
  for (const sockets of [79, 80, 79, 94, 95, 96, 100, 94, 76, 74]) {
    files.handleSockets(sockets)
    full.push(files.isNearlyFull)
  }
  expect(full).toEqual([false, false, false, false, true, true, true, false, false, false])
  expect(lines).toEqual([
    'warn sockets have reached 80 % of the limit of open files',
    'warn new clients are refused: sockets have reached the limit of open files',
    'info sockets are well below the limit of open files again',
  ])
})
