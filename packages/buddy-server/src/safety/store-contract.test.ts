// The promises of both stores.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { MemoryStore } from './memory-store.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { Store, StoredMeasure, StoredReport } from './store.ts'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

function openSqlite(): Store {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-store-'))
  const store = new SqliteStore(folder)
  cleanUps.push(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })
  return store
}

let nextId = 0
function reportOf(changes: Partial<StoredReport> = {}): StoredReport {
  return {
    id: `r${++nextId}`,
    atMs: 1000,
    site: '',
    personId: 'bob',
    sessionId: 's1',
    reporterId: 'ana',
    reporterAddress: 'a1',
    reporterSinceMs: 5,
    reporterMet: 3,
    weight: 0.5,
    reason: 'spam',
    note: null,
    room: 'room',
    mode: 'video',
    lobby: '',
    hasStill: false,
    decisionId: null,
    ...changes,
  }
}

function measureOf(changes: Partial<StoredMeasure> = {}): StoredMeasure {
  return {
    id: `m${++nextId}`,
    kind: 'ban',
    personId: 'bob',
    site: 'shop',
    visitorKey: 'v',
    addressHash: 'a1',
    addressUntilMs: 2000,
    atMs: 1,
    untilMs: 5000,
    reason: 'nudity',
    isAutomatic: true,
    by: 'rule',
    decisionId: 'd1',
    statement: 'note',
    ...changes,
  }
}

const personOf = (changes: object = {}) => ({
  personId: 'bob',
  site: '',
  visitorKey: 'v',
  addressHash: 'a1',
  sessionId: 's1',
  atMs: 1000,
  ...changes,
})

const everywhere = { upTo: Infinity, before: Infinity }
const anyGroups = { site: undefined, state: 'open', limit: 10, cursor: everywhere } as const
const early = { nowMs: 0, reportsBeforeMs: 0, warningsBeforeMs: 0, auditBeforeMs: 0 }

describe.each([
  ['memory', () => new MemoryStore()],
  ['SQLite', openSqlite],
])('%s store', (_, open: () => Store) => {
  test('returns a report as it was added, with its picture', () => {
    const store = open()
    const still = Uint8Array.of(0xff, 0xd8, 0xff, 1)
    const report = reportOf({ note: 'näh', hasStill: true })
    store.addReport(report, still)
    expect(store.reportsOf('bob', 'open')).toEqual([report])
    expect(store.still(report.id)).toEqual(still)
    expect(store.still('other')).toBeUndefined()
    expect(store.stillsFrom('a1')).toBe(1)
    expect(store.stillsFrom('a2')).toBe(0)
  })

  test('groups reports by person, the latest first, by site', () => {
    const store = open()
    store.addReport(reportOf(), undefined)
    store.addReport(reportOf({ personId: 'dan', site: 'shop' }), undefined)
    store.addReport(reportOf({ reporterId: 'cleo', note: 'later' }), undefined)
    const bob = { personId: 'bob', place: 3, total: 2 }
    const dan = { personId: 'dan', place: 2, total: 1 }
    expect(store.groups(anyGroups)).toEqual([bob, dan])
    expect(store.groups({ ...anyGroups, limit: 1 })).toEqual([bob])
    expect(store.groups({ ...anyGroups, site: 'shop' })).toEqual([dan])
    expect(store.reportsOf('bob', 'open').map(({ note }) => note)).toEqual(['later', null])
  })

  test('pages of groups skip and repeat nobody, with reports of one millisecond and new ones meanwhile', () => {
    const store = open()
    for (const personId of ['a', 'b', 'c', 'd', 'e']) {
      store.addReport(reportOf({ personId }), undefined)
    }
    const upTo = store.lastPlace
    const seen: string[] = []
    let before = Infinity
    for (;;) {
      const page = store.groups({ ...anyGroups, limit: 2, cursor: { upTo, before } })
      if (page.length === 0) break
      seen.push(...page.map(({ personId }) => personId))
      before = page.at(-1)!.place
      // Somebody on a later page, and somebody new, are reported.
      store.addReport(reportOf({ personId: 'a', reporterId: `r${seen.length}` }), undefined)
      store.addReport(reportOf({ personId: `new ${seen.length}` }), undefined)
    }
    expect(seen).toEqual(['e', 'd', 'c', 'b', 'a'])
  })

  test('keeps 1000 open reports about a person, and no address displaces those of others', () => {
    const store = open()
    store.transact(false, () => {
      store.addReport(reportOf({ reporterAddress: 'honest' }), undefined)
      for (let index = 0; index < 1100; index++) {
        store.addReport(reportOf({ reporterAddress: 'flood', reporterMet: index }), undefined)
      }
    })
    const kept = store.reportsOf('bob', 'open')
    expect(kept).toHaveLength(1000)
    expect(kept.at(-1)).toMatchObject({ reporterAddress: 'honest' })
    expect(kept[0]).toMatchObject({ reporterMet: 1099 })
    expect(store.groups(anyGroups)).toMatchObject([{ total: 1000 }])
  })

  test('a decision about a person closes all reports of the person, and no other', () => {
    const store = open()
    store.addReport(reportOf(), undefined)
    store.addReport(reportOf({ personId: 'dan' }), undefined)
    store.decideReports('bob', 'd1')
    expect(store.groups(anyGroups).map(({ personId }) => personId)).toEqual(['dan'])
    expect(store.reportsOf('bob', 'decided')).toMatchObject([{ decisionId: 'd1' }])
    store.addReport(reportOf({ reporterId: 'cleo' }), undefined)
    store.decideReports('bob', 'd2')
    expect(
      store
        .reportsOf('bob', 'decided')
        .map(({ decisionId }) => decisionId)
        .sort(),
    ).toEqual(['d1', 'd2'])
  })

  test('knows who has reported whom', () => {
    const store = open()
    store.addReport(reportOf(), undefined)
    expect(store.hasReport('ana', 'bob')).toBe(true)
    expect(store.hasReport('bob', 'ana')).toBe(false)
  })

  test('finds a person by key, and by the latest reported session', () => {
    const store = open()
    store.putPerson(personOf())
    store.putPerson(personOf({ sessionId: 's2', addressHash: 'a2' }))
    expect(store.findPerson('bob')).toEqual(personOf({ sessionId: 's2', addressHash: 'a2' }))
    expect(store.findPersonOf('s2')).toEqual(store.findPerson('bob'))
    expect(store.findPersonOf('s1')).toBeUndefined()
    expect(store.findPerson('ana')).toBeUndefined()
  })

  test('returns measures as they were put, until they are deleted', () => {
    const store = open()
    const ban = measureOf()
    const forGood = measureOf({ untilMs: null, addressHash: null, addressUntilMs: null })
    const slow = measureOf({ kind: 'slow', isAutomatic: false, statement: null })
    for (const measure of [ban, forGood, slow]) store.putMeasure(measure)
    expect(store.measures()).toEqual([ban, forGood, slow])
    store.deleteMeasure(ban.id)
    expect(store.measures()).toEqual([forGood, slow])
  })

  test('a pair is the same in both directions, and its latest time holds', () => {
    const store = open()
    store.putPair({ kind: 'met', personA: 'bob', personB: 'ana', untilMs: 5 })
    store.putPair({ kind: 'met', personA: 'ana', personB: 'bob', untilMs: 7 })
    store.putPair({ kind: 'blocked', personA: 'ana', personB: 'bob', untilMs: 6 })
    const pairs = [...store.pairs()].sort((one, other) => one.untilMs - other.untilMs)
    expect(pairs).toEqual([
      { kind: 'blocked', personA: 'ana', personB: 'bob', untilMs: 6 },
      { kind: 'met', personA: 'ana', personB: 'bob', untilMs: 7 },
    ])
  })

  test('returns the latest tally of a person', () => {
    const store = open()
    store.putTally({ personId: 'ana', met: 1, reported: 0, atMs: 1 })
    store.putTally({ personId: 'ana', met: 2, reported: 1, atMs: 2 })
    expect(store.findTally('ana')).toEqual({ personId: 'ana', met: 2, reported: 1, atMs: 2 })
    expect(store.findTally('bob')).toBeUndefined()
  })

  test('returns the audit log in both orders, with its head', () => {
    const store = open()
    expect(store.auditHead).toBeUndefined()
    for (const number of [1, 2, 3]) {
      store.appendAudit({ number, atMs: number, text: `{"n":${number}}`, hash: `h${number}` })
    }
    expect(store.auditAfter(0, 10).map(({ number }) => number)).toEqual([1, 2, 3])
    expect(store.audit(2, Infinity).map(({ number }) => number)).toEqual([3, 2])
    expect(store.audit(2, 2)).toEqual([{ number: 1, atMs: 1, text: '{"n":1}', hash: 'h1' }])
    expect(store.auditHead).toMatchObject({ number: 3, hash: 'h3' })
    expect(store.auditAnchor).toBeUndefined()
  })

  test('purges each kind at its own time, and nothing before', () => {
    const store = open()
    store.addReport(reportOf({ atMs: 10 }), Uint8Array.of(1))
    store.putPerson(personOf({ atMs: 10 }))
    store.putTally({ personId: 'ana', met: 1, reported: 1, atMs: 10 })
    store.putPair({ kind: 'met', personA: 'ana', personB: 'bob', untilMs: 10 })
    store.putMeasure(measureOf({ untilMs: 10 }))
    store.putMeasure(measureOf({ untilMs: null, decisionId: 'for good' }))
    store.putMeasure(measureOf({ kind: 'warning', untilMs: null, atMs: 10 }))
    for (const number of [1, 2]) {
      store.appendAudit({ number, atMs: number * 10, text: '{}', hash: `h${number}` })
    }
    const counts = () => [
      store.reportsOf('bob', 'open').length,
      store.stillsFrom('a1'),
      [store.findPerson('bob'), store.findPersonOf('s1')].filter(Boolean).length,
      store.findTally('ana') ? 1 : 0,
      [...store.pairs()].length,
      store.measures().length,
      store.auditAfter(0, 10).length,
    ]
    store.purge({
      ...early,
      nowMs: 9,
      reportsBeforeMs: 10,
      warningsBeforeMs: 10,
      auditBeforeMs: 10,
    })
    expect(counts()).toEqual([1, 1, 2, 1, 1, 3, 2])
    store.purge({ ...early, reportsBeforeMs: 11 })
    expect(counts()).toEqual([0, 0, 0, 0, 1, 3, 2])
    expect(store.hasReport('ana', 'bob')).toBe(false)
    store.purge({ ...early, nowMs: 10 })
    expect(counts()).toEqual([0, 0, 0, 0, 0, 2, 2])
    store.purge({ ...early, warningsBeforeMs: 11 })
    expect(store.measures()).toMatchObject([{ decisionId: 'for good' }])
    store.purge({ ...early, auditBeforeMs: 20 })
    expect(store.auditAfter(0, 10).map(({ number }) => number)).toEqual([2])
    expect(store.auditAnchor).toMatchObject({ number: 1, hash: 'h1' })
    store.purge({ ...early, auditBeforeMs: 21 })
    expect(store.auditAfter(0, 10)).toEqual([])
    expect(store.auditAnchor).toMatchObject({ number: 2, hash: 'h2' })
    expect(store.auditHead).toMatchObject({ number: 2, hash: 'h2' })
  })

  test('data that was written in one transaction can be read afterwards', () => {
    const store = open()
    store.transact(true, () => {
      store.putMeasure(measureOf())
      store.addReport(reportOf(), undefined)
    })
    expect([store.measures().length, store.reportsOf('bob', 'open').length]).toEqual([1, 1])
  })
})
