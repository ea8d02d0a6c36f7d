// The promises of a file besides the contract of a store.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkStore } from './check-store.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { StoredReport } from './store.ts'
import { StoreError } from './store.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-sqlite-'))
  file = join(folder, 'buddy.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Returns the problem that the store names. */
function problemOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof StoreError) return error.code
    throw error
  }
  return 'none'
}

const report = (id: string, atMs: number): StoredReport =>
  ({
    id,
    atMs,
    site: '',
    personId: 'bob',
    sessionId: 's',
    reporterId: 'ana',
    reporterAddress: 'a',
    reporterSinceMs: 0,
    reporterMet: 0,
    weight: 1,
    reason: 'spam',
    note: 'a note to find',
    room: 'r',
    mode: 'video',
    lobby: '',
    hasStill: true,
    decisionId: null,
  }) as StoredReport
const still = Uint8Array.of(0xff, 0xd8, 0xff)

test('makes a folder and files that only the user of the process can read', () => {
  const dataDir = join(folder, 'new/data')
  const store = new SqliteStore(dataDir)
  store.addReport(report('r1', 1), still)
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  for (const name of ['buddy.sqlite', 'buddy.sqlite-wal']) {
    expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600)
  }
  store.close()
  chmodSync(join(dataDir, 'buddy.sqlite'), 0o644)
  new SqliteStore(dataDir).close()
  expect(statSync(join(dataDir, 'buddy.sqlite')).mode & 0o777).toBe(0o600)
})

test('a file has one user at a time, and is free again after it', () => {
  const store = new SqliteStore(folder)
  expect(problemOf(() => new SqliteStore(folder))).toBe('in-use')
  store.close()
  expect(problemOf(() => new SqliteStore(folder).close())).toBe('none')
})

test('written data survives a process that is killed', () => {
  const url = new URL('sqlite-store.ts', import.meta.url).href
  const script = `const { SqliteStore } = await import('${url}')
    const store = new SqliteStore(${JSON.stringify(folder)})
    store.putPair({ kind: 'blocked', personA: 'a', personB: 'b', untilMs: 5 })
    process.kill(process.pid, 'SIGKILL')`
  const { signal, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    {
      encoding: 'utf8',
    },
  )
  expect(signal).toBe('SIGKILL')
  expect(stderr).not.toContain('SQLite is an experimental feature')
  const store = new SqliteStore(folder)
  expect([...store.pairs()]).toHaveLength(1)
  store.close()
})

test('names a Node without SQLite', () => {
  const { getBuiltinModule } = process
  process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule
  try {
    expect(problemOf(() => new SqliteStore(folder))).toBe('no-sqlite')
    expect(problemOf(() => checkStore(folder, true))).toBe('no-sqlite')
  } finally {
    process.getBuiltinModule = getBuiltinModule
  }
})

test('names a file of a newer version, a damaged one and a folder that cannot be used', () => {
  new SqliteStore(folder).close()
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 1000')
  database.close()
  expect(problemOf(() => new SqliteStore(folder))).toBe('newer-version')
  writeFileSync(file, 'this is no database, but long enough to be one '.repeat(10))
  expect(problemOf(() => new SqliteStore(folder))).toBe('broken')
  expect(problemOf(() => new SqliteStore(join(file, 'below')))).toBe('unreadable')
})

test('finds damage within a page', () => {
  const store = new SqliteStore(folder)
  for (let index = 0; index < 200; index++) store.addReport(report(`r${index}`, index), still)
  store.close()
  const bytes = readFileSync(file)
  bytes.fill(0x5a, 3 * 4096, 8 * 4096)
  writeFileSync(file, bytes)
  expect(problemOf(() => new SqliteStore(folder))).toBe('broken')
})

test('a full disk is an error with a name, and undoes the whole transaction', () => {
  const store = new SqliteStore(folder)
  store.addReport(report('r1', 1), undefined)
  store.close()
  // A limit on the size of files has the effect of a full disk.
  const url = new URL('sqlite-store.ts', import.meta.url).href
  const script = `const { SqliteStore } = await import('${url}')
    process.on('SIGXFSZ', () => undefined)
    const store = new SqliteStore(${JSON.stringify(folder)})
    const measure = { id: 'm', kind: 'ban', personId: 'p', site: '', visitorKey: 'v', addressHash: null,
      addressUntilMs: null, atMs: 1, untilMs: null, reason: 'spam', isAutomatic: false, by: 'x',
      decisionId: 'd', statement: 'x'.repeat(500) }
    try {
      for (let count = 0; count < 2000; count++) store.putMeasure({ ...measure, id: String(count) })
    } catch (error) {
      console.log(error.name, error.code)
    }`
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', 'ulimit -f 300 && exec "$0" --input-type=module --eval "$1"', process.execPath, script],
    { encoding: 'utf8' },
  )
  expect([stdout.trim(), stderr]).toEqual(['StoreError unwritable', expect.anything()])
  const again = new SqliteStore(folder)
  expect(again.reportsOf('bob', 'open')).toHaveLength(1)
  again.close()
})

test('purged data cannot be read from the file', () => {
  const store = new SqliteStore(folder)
  store.addReport(report('r1', 1), still)
  store.purge({ nowMs: 9, reportsBeforeMs: 9, warningsBeforeMs: 9, auditBeforeMs: 9 })
  store.close()
  expect(readFileSync(file, 'latin1')).not.toContain('a note to find')
})

test('keeps a bounded number of reports and pictures, and drops the oldest', () => {
  const store = new SqliteStore(folder, { reports: 3, stills: 2 })
  for (let index = 1; index <= 5; index++) store.addReport(report(`r${index}`, index), still)
  expect(store.reportsOf('bob', 'open').map(({ id, hasStill }) => [id, hasStill])).toEqual([
    ['r5', true],
    ['r4', true],
    ['r3', false],
  ])
  store.close()
})

test('a check makes no file, and finds the same problems', () => {
  checkStore('', false)
  checkStore(join(folder, 'new/data'), false)
  expect(existsSync(join(folder, 'new'))).toBe(false)
  const store = new SqliteStore(folder)
  checkStore(folder, true)
  expect(problemOf(() => checkStore(folder, false))).toBe('in-use')
  store.close()
  checkStore(folder, false)
  writeFileSync(file, 'this is no database, but long enough to be one '.repeat(10))
  expect(problemOf(() => checkStore(folder, false))).toBe('broken')
})
