// Several servers that share a log of reports and decisions in a real Redis.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { TestClient } from '../core/core.fixture.ts'
import { TestServer } from '../core/core.fixture.ts'
import { RedisClient } from '../engine/redis/redis-client.ts'
import { missingRedisMessage, RedisServer } from '../engine/redis/redis-server.fixture.ts'
import { restrictedUser } from '../engine/redis/redis-setups.fixture.ts'
import { MemoryStore } from './memory-store.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

const hourMs = 3_600_000
const ban = { kind: 'ban', reason: 'spam', durationMs: null } as const
const still = Buffer.of(0xff, 0xd8, 0xff, 0, 0xff, 0xd9).toString('base64')

let redis: RedisServer
let client: RedisClient
let worlds = 0

beforeAll(async () => {
  if (missingRedisMessage) return
  redis = await RedisServer.start()
  // The log must need no rights but those in the documentation.
  const { url } = restrictedUser(redis)
  client = new RedisClient({ url, onUp: () => undefined, onDown: () => undefined })
  await client.connect()
})

afterAll(async () => {
  client?.close()
  await redis?.stop()
})

type Settings = ConstructorParameters<typeof TestServer>[0]

/** Servers that share a log of their own. */
class World {
  readonly prefix = `buddy:world ${worlds++}:`
  readonly #settings: Settings
  #nodes = 0
  #addresses = 0

  constructor(settings: Settings = {}) {
    this.#settings = settings
  }

  async start(store: Store = new MemoryStore(), link = client.logLink()): Promise<TestServer> {
    const nodeId = `node ${this.#nodes++}`
    const server = new TestServer(
      { rematchDelayMs: 0, avoidRecentMs: 0, ...this.#settings },
      {
        sharedLog: { link, prefix: this.prefix, nodeId },
        onInternalError: () => undefined,
      },
    )
    server.core.openStore(store)
    await server.core.safety.connect()
    return server
  }

  /** Lets a visitor join, from an address of its own; a known one with its token. */
  join(server: TestServer, known?: TestClient): Promise<TestClient> {
    const visitor = known?.of('welcome')[0]!.visitorToken
    return server.join(`198.51.100.${++this.#addresses}`, visitor ? { visitor } : {})
  }

  /** Lets a new visitor meet a client, and report it. */
  async report(server: TestServer, about: TestClient, reason = 'spam' as const): Promise<void> {
    const from = await this.join(server)
    const lobby = `meeting ${this.#addresses}`
    for (const each of [from, about]) each.enter({ lobby })
    // The searches of a reported person may be slowed, so the match takes longer.
    if (!from.session.participant.room) server.clock.advance(10_000)
    const room = from.session.participant.room!.id
    // Newcomers who arrive within a minute of each other count once, also at two servers with different clocks.
    server.clock.advance(130_000)
    from.send({ type: 'report', reason, room, still })
  }
}

async function auditOf({ core }: TestServer): Promise<string[]> {
  const lines: string[] = []
  for await (const line of core.safety.moderation.exportAudit()) lines.push(line)
  return lines
}

const kindsAt = ({ core }: TestServer): string[] =>
  core.safety.moderation.decisions().map(({ kind }) => kind)

const totalAt = ({ core }: TestServer): number => core.safety.moderation.reports()[0]?.total ?? 0

const named = ({ events }: TestServer, wanted: string): unknown[] =>
  events.filter(([name]) => name === wanted)

const soon = { interval: 2, timeout: 5000 }

if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(missingRedisMessage)('servers that share a log', () => {
  test('all know a report with its picture, and a ban by one ends the sessions at all of them', async () => {
    const world = new World()
    const [a, b] = [await world.start(), await world.start()]
    const bob = await world.join(a)
    const bobAtB = await world.join(b, bob)
    await world.report(a, bob)
    await expect.poll(() => totalAt(b), soon).toBe(1)
    const [group] = b.core.safety.moderation.reports()
    expect(group).toMatchObject({ isOnline: true, total: 1, reports: [{ hasStill: true }] })
    const kept = b.core.safety.moderation.still(group!.reports[0]!.id)
    expect(Buffer.from(kept!).toString('base64')).toBe(still)
    const decision = await b.core.safety.moderation.decide(group!.personId, ban, 'kim')
    expect(bobAtB.closeReason).toBe('banned')
    await expect.poll(() => bob.closeReason, soon).toBe('banned')
    expect(bob.of('measure')).toMatchObject([{ kind: 'ban', decision: decision.id }])
    expect(totalAt(a)).toBe(0)
    // The events of each report and decision come from one server.
    for (const [server, counts] of [
      [a, [1, 0, 0]],
      [b, [0, 1, 1]],
    ] as const) {
      const names = ['reported', 'decided', 'banned']
      expect(names.map((name) => named(server, name).length)).toEqual(counts)
    }
    expect((await world.join(a, bob)).of('error')).toMatchObject([{ code: 'banned' }])
    await a.core.safety.moderation.lift(a.core.safety.moderation.bans()[0]!.id, 'kim')
    await expect.poll(() => kindsAt(b), soon).toEqual(['lift', 'ban'])
    expect((await world.join(b, bob)).of('error')).toEqual([])
    expect(await auditOf(b)).toEqual(await auditOf(a))
    for (const { core } of [a, b]) {
      expect(await core.safety.moderation.verifyAudit()).toMatchObject({
        isIntact: true,
        entries: 2,
      })
    }
  })

  test('a block at one server is noted by the engines of the others, and each keeps it without a data folder', async () => {
    const world = new World()
    const [a, b] = [await world.start(), await world.start()]
    const note = vi.spyOn(b.core.engine.pairs, 'note')
    const [ana, bob] = [await world.join(a), await world.join(a)]
    for (const each of [ana, bob]) each.enter({ lobby: 'here' })
    const { id: room, seats } = ana.session.participant.room!
    ana.send({ type: 'block', room })
    await expect.poll(() => note.mock.calls.length, soon).toBe(1)
    const [[kind, ...people] = []] = note.mock.calls
    expect(kind).toBe('blocked')
    expect(people.slice(0, 2).toSorted()).toEqual(seats.map((seat) => seat.personKey).toSorted())
    // So each server can add it again if Redis has lost its data.
    for (const { core } of [a, b]) expect([...core.safety.pairs()]).toHaveLength(1)
    // Only the shard that has lost its data receives it.
    const shard = { add: vi.fn<() => void>(), note: vi.fn<() => void>() }
    const add = vi.spyOn(b.core.engine.pairs, 'add')
    b.core.restorePairs(shard)
    expect([shard.add.mock.calls.length, add.mock.calls.length]).toEqual([1, 0])
  })

  test('a rule takes one measure, also if two servers reach it at the same time, and another person is judged meanwhile', async () => {
    const world = new World({ slowAfterReports: 3, banAfterReports: 0 })
    const [a, b] = [await world.start(), await world.start()]
    const people = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const atA = await world.join(a)
        const atB = await world.join(b, atA)
        return [atA, atB] as const
      }),
    )
    for (const [atA] of people) for (let count = 0; count < 2; count++) await world.report(a, atA)
    await expect
      .poll(() => b.core.safety.moderation.reports().map(({ total }) => total), soon)
      .toEqual([2, 2, 2, 2, 2])
    for (const [atA, atB] of people) {
      await Promise.all([world.report(a, atA), world.report(b, atB)])
    }
    await expect.poll(() => [kindsAt(a).length, kindsAt(b).length], soon).toEqual([5, 5])
    for (const server of [a, b]) {
      await expect
        .poll(() => server.core.safety.moderation.reports().map(({ total }) => total), soon)
        .toEqual([4, 4, 4, 4, 4])
    }
    await Promise.all([a, b].map(({ core }) => core.safety.close()))
    expect(named(a, 'decided').length + named(b, 'decided').length).toBe(5)
    expect(new Set(a.core.safety.moderation.decisions().map(({ personId }) => personId)).size).toBe(
      5,
    )
    expect(await auditOf(b)).toEqual(await auditOf(a))
  })

  test('a server that stops and starts again has everything, in the same order, and reads only what is new', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'buddy-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const world = new World()
    const a = await world.start()
    const first = await world.start(new SqliteStore(folder))
    const [bob, cleo] = [await world.join(a), await world.join(a)]
    await world.report(a, bob)
    await expect.poll(() => totalAt(first), soon).toBe(1)
    await first.core.safety.moderation.decide(bob.session.personKey, ban, 'kim')
    await first.core.safety.close()
    await world.report(a, cleo)
    await a.core.safety.moderation.decide(
      cleo.session.personKey,
      { ...ban, durationMs: hourMs },
      'kim',
    )
    const store = new SqliteStore(folder)
    const former = store.logPosition
    const again = await world.start(store)
    onTestFinished(() => again.core.safety.close())
    expect(await auditOf(again)).toEqual(await auditOf(a))
    expect(again.core.safety.moderation.bans().map(({ id }) => id)).toEqual(
      a.core.safety.moderation.bans().map(({ id }) => id),
    )
    expect(again.core.safety.moderation.reports({ state: 'decided' })).toHaveLength(2)
    expect(store.logPosition! > former!).toBe(true)
    expect(named(again, 'decided')).toEqual([])
  })

  test('without the trimmed part of the log, a new server has the bans in force and continues the audit log', async () => {
    const world = new World()
    const a = await world.start()
    const [bob, cleo] = [await world.join(a), await world.join(a)]
    for (const about of [bob, cleo]) {
      await world.report(a, about)
      const id = about.session.personKey
      await expect.poll(() => totalAt(a), soon).toBe(1)
      await a.core.safety.moderation.decide(id, ban, 'kim')
    }
    redis.run('XTRIM', `${world.prefix}{safety}:log`, 'MAXLEN', '0')
    const late = await world.start()
    expect(late.core.safety.moderation.bans()).toHaveLength(2)
    expect((await world.join(late, bob)).of('error')).toMatchObject([{ code: 'banned' }])
    expect([kindsAt(late), totalAt(late)]).toEqual([[], 0])
    await late.core.safety.moderation.lift(late.core.safety.moderation.bans()[0]!.id, 'kim')
    await expect.poll(() => kindsAt(a), soon).toEqual(['lift', 'ban', 'ban'])
    expect(await auditOf(late)).toEqual((await auditOf(a)).slice(2))
    for (const { core } of [a, late]) {
      expect(await core.safety.moderation.verifyAudit()).toMatchObject({ isIntact: true })
    }
  })

  test('while Redis does not answer, a ban holds at its server, and is appended later', async () => {
    const world = new World()
    const [a, b] = [await world.start(), await world.start()]
    const bob = await world.join(a)
    const bobAtB = await world.join(b, bob)
    const id = bob.session.personKey
    await world.report(a, bob)
    await expect.poll(() => [totalAt(a), totalAt(b)], soon).toEqual([1, 1])
    redis.signal('SIGSTOP')
    try {
      const decided = a.core.safety.moderation.decide(id, ban, 'kim')
      await expect(decided).rejects.toMatchObject({ code: 'log-unreachable' })
      expect(bob.closeReason).toBe('banned')
      expect(a.core.safety.moderation.bans()).toMatchObject([{ isStored: false }])
      expect(bobAtB.closeReason).toBeUndefined()
    } finally {
      redis.signal('SIGCONT')
    }
    // Until Redis answers, each attempt of the timers fails, and the next one follows. The message to the other server
    // may be lost with its connection; then its timer reads the log.
    const nextAttempt = (): string | undefined => {
      for (const { clock } of [a, b]) clock.advance(1000)
      return bobAtB.closeReason
    }
    await expect.poll(nextAttempt, soon).toBe('banned')
    await expect.poll(() => a.core.safety.moderation.bans()[0]?.isStored, soon).toBe(true)
    expect([kindsAt(a), kindsAt(b)]).toEqual([['ban'], ['ban']])
    expect(await auditOf(b)).toEqual(await auditOf(a))
  })

  test('a server stores its reports and blocks at once, in case it ends before Redis answers', async () => {
    const world = new World()
    const a = await world.start()
    const bob = await world.join(a)
    redis.signal('SIGSTOP')
    try {
      await world.report(a, bob)
      const [ana, cleo] = [await world.join(a), await world.join(a)]
      for (const each of [ana, cleo]) each.enter({ lobby: 'here' })
      ana.send({ type: 'block', room: ana.session.participant.room!.id })
      expect(totalAt(a)).toBe(1)
      expect([...a.core.safety.pairs()].filter(({ kind }) => kind === 'blocked')).toHaveLength(2)
    } finally {
      redis.signal('SIGCONT')
    }
    const late = await world.start()
    // Until Redis answers, each attempt of the timer fails, and the next one follows.
    const nextAttempt = (): number => {
      for (const { clock } of [a, late]) clock.advance(1000)
      return totalAt(late)
    }
    await expect.poll(nextAttempt, soon).toBe(1)
  })

  test('after Redis has lost everything, decisions continue the audit log, and a new server has the bans', async () => {
    const world = new World()
    const folder = mkdtempSync(join(tmpdir(), 'buddy-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const a = await world.start(new SqliteStore(folder))
    const bob = await world.join(a)
    expect(a.core.safety.ban(bob.session.id, hourMs)).toBe(true)
    await expect.poll(() => kindsAt(a), soon).toEqual(['ban'])
    await a.core.safety.close()
    redis.run('FLUSHALL')
    const again = await world.start(new SqliteStore(folder))
    onTestFinished(() => again.core.safety.close())
    const b = await world.start()
    expect(b.core.safety.moderation.bans()).toHaveLength(1)
    await b.core.safety.moderation.lift(b.core.safety.moderation.bans()[0]!.id, 'kim')
    await expect.poll(() => kindsAt(again), soon).toEqual(['lift', 'ban'])
    expect(await again.core.safety.moderation.verifyAudit()).toMatchObject({ isIntact: true })
  })

  test('a server that was alone brings its reports, pictures and decisions to the others, and only once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'buddy-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [original, copied] = [join(folder, 'original'), join(folder, 'copied')]
    const world = new World()
    const alone = new TestServer({ rematchDelayMs: 0, avoidRecentMs: 0 })
    alone.core.openStore(new SqliteStore(original))
    const [bob, cleo] = [await world.join(alone), await world.join(alone)]
    for (const about of [bob, cleo, cleo]) await world.report(alone, about)
    const [bobId, cleoId] = [bob.session.personKey, cleo.session.personKey]
    await alone.core.safety.moderation.decide(bobId, ban, 'kim')
    await alone.core.safety.close()
    cpSync(original, copied, { recursive: true })

    const early = await world.start()
    const former = await world.start(new SqliteStore(original))
    await expect.poll(() => totalAt(early), soon).toBe(2)
    const late = await world.start()
    for (const server of [early, former, late]) {
      const { moderation } = server.core.safety
      expect(moderation.reports()).toMatchObject([
        { personId: cleoId, total: 2, reports: [{ hasStill: true }, { hasStill: true }] },
      ])
      const [decided] = moderation.reports({ state: 'decided' })
      expect(decided).toMatchObject({ personId: bobId, total: 1 })
      expect(moderation.still(decided!.reports[0]!.id)).toBeDefined()
      expect(moderation.bans()).toMatchObject([{ personId: bobId, by: 'kim' }])
      expect((await world.join(server, bob)).of('error')).toMatchObject([{ code: 'banned' }])
      expect(await auditOf(server)).toEqual(await auditOf(former))
      expect(await moderation.verifyAudit()).toMatchObject({ isIntact: true, entries: 1 })
      expect(named(server, 'decided')).toEqual([])
    }
    const length = (): string => redis.run('XLEN', `${world.prefix}{safety}:log`)
    const entries = length()
    await former.core.safety.close()
    for (const each of [original, copied]) {
      const again = await world.start(new SqliteStore(each))
      onTestFinished(() => again.core.safety.close())
      expect(again.core.safety.moderation.reports()[0]).toMatchObject({ total: 2 })
    }
    expect(length()).toBe(entries)
    // The next decision follows on the shared ones.
    await late.core.safety.moderation.decide(cleoId, ban, 'kim')
    await expect.poll(() => kindsAt(early), soon).toEqual(['ban', 'ban'])
  })

  test('a server that loses Redis while it brings its reports tries again later', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'buddy-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const world = new World()
    const alone = new TestServer({ rematchDelayMs: 0, avoidRecentMs: 0 })
    alone.core.openStore(new SqliteStore(folder))
    const bob = await world.join(alone)
    for (const about of [bob, bob]) await world.report(alone, about)
    await alone.core.safety.close()

    let isLost = true
    const link = client.logLink()
    const former = await world.start(new SqliteStore(folder), {
      ...link,
      // The connection closes after the first answers.
      send: (key, command) =>
        isLost && command[0] === 'EVAL'
          ? Promise.reject(new Error('the connection is closed'))
          : link.send(key, command),
    })
    onTestFinished(() => former.core.safety.close().then(() => undefined))
    const other = await world.start()
    expect(totalAt(other)).toBe(0)
    isLost = false
    former.clock.advance(hourMs)
    await expect.poll(() => totalAt(other), soon).toBe(2)
  })

  test('a data folder with an audit log of its own does not join the log of others', async () => {
    const world = new World()
    const a = await world.start()
    const bob = await world.join(a)
    a.core.safety.ban(bob.session.id, hourMs)
    await expect.poll(() => kindsAt(a), soon).toEqual(['ban'])
    const store = new MemoryStore()
    const alone = new TestServer()
    alone.core.openStore(store)
    alone.core.safety.ban((await alone.join()).session.id, hourMs)
    await expect(world.start(store)).rejects.toMatchObject({ code: 'other-log' })
    expect(store.auditAfter(0, 9)).toHaveLength(1)
  })
})
