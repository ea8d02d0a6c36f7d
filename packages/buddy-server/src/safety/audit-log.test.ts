import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuditLog, verifyAudit } from './audit-log.ts'
import { MemoryStore } from './memory-store.ts'
import type { Decision } from './moderation.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { AuditLine, Store } from './store.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'buddy-audit-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const decision = (index: number): Omit<Decision, 'number' | 'hash'> => ({
  id: `d${index}`,
  atMs: 1_700_000_000_000 + index,
  kind: 'ban',
  personId: 'person',
  site: 'shop',
  scope: 'service',
  untilMs: null,
  reason: 'nudity',
  ground: 'terms',
  facts: { reportIds: ['r1', 'r2'], counts: { nudity: 2 }, reporters: 2, weight: 1.5 },
  source: 'notice',
  isAutomatic: false,
  by: 'kim',
  note: 'näher erklärt',
  appealUrl: null,
  banId: 'b1',
})

/** Adds an entry, without storing it. */
function add(log: AuditLog, index: number): AuditLine {
  const { line, previousHash } = log.next(decision(index))
  log.accept(line, previousHash)
  return line
}

/** Adds this many entries. */
function fill(store: Store, count: number): void {
  const log = new AuditLog(store)
  for (let index = 1; index <= count; index++) {
    const line = add(log, index)
    store.appendAudit(line)
    log.handleStored(line)
  }
}

test.each([
  ['memory', () => new MemoryStore()],
  ['SQLite', () => new SqliteStore(folder)],
])('continues the chain of a store (%s), and verifies it', async (_, open) => {
  const store = open()
  expect(await verifyAudit(store)).toEqual({ isIntact: true, entries: 0, head: '0'.repeat(64) })
  fill(store, 2)
  // A later process continues the log.
  fill(store, 1)
  const lines = store.auditAfter(0, 10)
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3])
  expect(await verifyAudit(store)).toEqual({ isIntact: true, entries: 3, head: lines[2]!.hash })
  store.close()
})

test('still verifies what is left after its start was purged', async () => {
  const store = new SqliteStore(folder)
  fill(store, 5)
  const auditBeforeMs = decision(3).atMs
  store.purge({ nowMs: 0, reportsBeforeMs: 0, warningsBeforeMs: 0, auditBeforeMs })
  expect(await verifyAudit(store)).toMatchObject({ isIntact: true, entries: 3 })
  fill(store, 1)
  expect(await verifyAudit(store)).toMatchObject({ isIntact: true, entries: 4 })
  store.purge({ nowMs: 0, reportsBeforeMs: 0, warningsBeforeMs: 0, auditBeforeMs: Infinity })
  expect(await verifyAudit(store)).toMatchObject({ isIntact: true, entries: 0 })
  fill(store, 1)
  expect(store.auditAfter(0, 10).map(({ number }) => number)).toEqual([7])
  store.close()
})

test('anybody can check an exported log: SHA-256 of the previous hash, a line feed and the canonical JSON', async () => {
  const store = new MemoryStore()
  fill(store, 3)
  let previous = '0'.repeat(64)
  for await (const line of new AuditLog(store).lines(0)) {
    const { hash, ...entry } = JSON.parse(line) as Record<string, unknown>
    const sorted = (value: unknown): unknown =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
            Object.keys(value)
              .sort()
              .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
          )
        : value
    const text = JSON.stringify(sorted(entry))
    expect(createHash('sha256').update(`${previous}\n${text}`).digest('hex')).toBe(hash)
    previous = String(hash)
  }
})

test('entries that are not stored yet are listed and exported after the stored ones', async () => {
  const store = new MemoryStore()
  fill(store, 1)
  const log = new AuditLog(store)
  const line = add(log, 2)
  add(log, 3)
  expect(log.decisions(2, Infinity).map(({ id }) => id)).toEqual(['d3', 'd2'])
  expect(log.decisions(9, 3).map(({ id }) => id)).toEqual(['d2', 'd1'])
  const exported = async (after: number): Promise<string[]> => {
    const ids: string[] = []
    for await (const text of log.lines(after)) ids.push((JSON.parse(text) as Decision).id)
    return ids
  }
  expect(await exported(0)).toEqual(['d1', 'd2', 'd3'])
  expect(await exported(2)).toEqual(['d3'])
  store.appendAudit(line)
  log.handleStored(line)
  expect(log.decisions(9, Infinity).map(({ id }) => id)).toEqual(['d3', 'd2', 'd1'])
})

test('verifies and exports a long log over several turns, while it grows and its start is purged', async () => {
  const store = new SqliteStore(folder)
  store.transact(false, () => fill(store, 2000))
  let turns = 0
  let isDone = false
  const countTurn = (): void => {
    turns++
    if (turns === 1) {
      fill(store, 5)
      const auditBeforeMs = decision(1200).atMs
      store.purge({ nowMs: 0, reportsBeforeMs: 0, warningsBeforeMs: 0, auditBeforeMs })
    }
    if (!isDone) setImmediate(countTurn)
  }
  setImmediate(countTurn)
  expect(await verifyAudit(store)).toMatchObject({ isIntact: true })
  isDone = true
  expect(turns).toBeGreaterThanOrEqual(2)
  let exported = 0
  for await (const _ of new AuditLog(store).lines(0)) exported++
  expect(exported).toBe(store.auditAfter(0, 9999).length)
  store.close()
})

describe('a change of the file is found', () => {
  /** Changes the file of a closed store with three entries, and verifies it. */
  async function verifyAfter(change: (database: DatabaseSync) => void) {
    const store = new SqliteStore(folder)
    if (store.auditHead === undefined) fill(store, 3)
    store.close()
    const database = new DatabaseSync(join(folder, 'buddy.sqlite'))
    database.exec('SAVEPOINT original')
    change(database)
    database.exec('COMMIT')
    database.close()
    const changed = new SqliteStore(folder)
    try {
      return await verifyAudit(changed)
    } finally {
      changed.close()
    }
  }

  test('each flipped byte of each field', async () => {
    const store = new SqliteStore(folder)
    fill(store, 3)
    store.close()
    const database = new DatabaseSync(join(folder, 'buddy.sqlite'))
    const view = viewOf(database)
    expect(await verifyAudit(view)).toMatchObject({ isIntact: true, entries: 3 })
    let flipped = 0
    const flipEach = async (table: string, column: string, key: string): Promise<void> => {
      const rows = database.prepare(`SELECT ${key} AS key, ${column} AS value FROM ${table}`).all()
      const update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`)
      for (const row of rows) {
        const rowKey = row['key'] as string | number
        const original = row['value'] as string | number
        const bytes = Buffer.from(String(original))
        for (let index = 0; index < bytes.length; index++) {
          const changed = Buffer.from(bytes)
          // The lowest bit, so that a digit stays a digit.
          changed[index]! ^= 1
          if (typeof original === 'number' && !/^\d+$/.test(changed.toString())) continue
          update.run(
            typeof original === 'number' ? Number(changed) : changed.toString('utf8'),
            rowKey,
          )
          expect(await verifyAudit(view), `${table}.${column}, byte ${index}`).toMatchObject({
            isIntact: false,
          })
          flipped++
          update.run(original, rowKey)
        }
      }
    }
    for (const column of ['text', 'hash', 'at_ms']) await flipEach('audit', column, 'number')
    await flipEach('audit_marks', 'hash', 'name')
    await flipEach('audit_marks', 'number', 'name')
    expect(flipped).toBeGreaterThan(1200)
    expect(await verifyAudit(view)).toMatchObject({ isIntact: true })
    database.close()
  })

  test.each([
    ['the last entry is missing', 'DELETE FROM audit WHERE number = 3', 3],
    ['the first entry is missing', 'DELETE FROM audit WHERE number = 1', 1],
    ['an entry between is missing', 'DELETE FROM audit WHERE number = 2', 2],
    ['all entries are missing', 'DELETE FROM audit', 1],
    ['the record of the last entry is missing', 'DELETE FROM audit_marks', 1],
    ['an entry is inserted at the start', "INSERT INTO audit VALUES (-1, 0, '{}', 'x')", 1],
    [
      'an entry is there twice',
      'INSERT INTO audit SELECT 4, at_ms, text, hash FROM audit WHERE number = 3',
      4,
    ],
    [
      'two entries are exchanged',
      'UPDATE audit SET number = 9 WHERE number = 1; UPDATE audit SET number = 1 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 9',
      1,
    ],
  ])('%s', async (_, statements, entry) => {
    expect(await verifyAfter((database) => database.exec(statements))).toMatchObject({
      isIntact: false,
      entry,
    })
  })
})

/** Reads the log of an open database, so that thousands of changes need not open the file each. */
function viewOf(database: DatabaseSync): Pick<Store, 'auditAfter' | 'auditHead' | 'auditAnchor'> {
  const lines = database.prepare(
    'SELECT number, at_ms AS atMs, text, hash FROM audit WHERE number > ? ORDER BY number LIMIT ?',
  )
  const mark = database.prepare('SELECT number, hash FROM audit_marks WHERE name = ?')
  const markOf = (name: string) => mark.get(name) as { number: number; hash: string } | undefined
  return {
    auditAfter: (after, limit) =>
      lines.all(after, limit) as unknown as {
        number: number
        atMs: number
        text: string
        hash: string
      }[],
    get auditHead() {
      return markOf('head')
    },
    get auditAnchor() {
      return markOf('anchor')
    },
  }
}
