import { expect, test } from 'vitest'
import type { Log } from './log/create-log.ts'
import { OpenFiles } from './open-files.ts'

interface World {
  readonly files: OpenFiles
  /** Lines of the log: level, then message. */
  readonly lines: string[]
  readonly system: { limit: number; used: number }
}

/** A hundred sockets, unless another limit is given: ten files are open, 32 are reserved. */
function world(limit = 142): World {
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

test('what is open already, and a reserve, is not for sockets', () => {
  const { files, lines } = world(142)
  files.refresh(95)
  expect([files.maxSockets, lines]).toEqual([100, []])
})

test('a limit too low for the users is a warning at once, and after each reload', () => {
  const { files, lines, system } = world(142)
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

test('a system without a limit has room for any number', () => {
  const { files, lines } = world(Infinity)
  files.refresh(1_000_000)
  files.handleSockets(1_000_000)
  expect([files.isNearlyFull, files.maxSockets, lines]).toEqual([false, Infinity, []])
})

test('the operator is warned once before the limit and once at it, and learns when it is over', () => {
  const { files, lines } = world()
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
