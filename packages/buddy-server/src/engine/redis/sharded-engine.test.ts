// A service whose sites are divided among shards, with real servers.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { packValue, unpackValue } from '../../codec.ts'
import { describeEngine } from '../engine-contract.fixture.ts'
import { ContractSession, EngineWorld } from '../engine-world.fixture.ts'
import { agreeOnShards } from './agree-on-shards.ts'
import { checkRedis } from './check-redis.ts'
import { connectShards } from './connected-redis.fixture.ts'
import { recordFormat } from './lua/library.ts'
import { RedisClient } from './redis-client.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'
import { RedisShardsError } from './redis-shards-error.ts'
import type { RedisSetup } from './redis-setups.fixture.ts'
import { startCluster } from './redis-setups.fixture.ts'
import { baseOf, onlyShard, shardIndexOf } from './shard.ts'
import type { CallAnswer } from './wire.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

let server: RedisServer
let clients: readonly RedisClient[]

beforeAll(async () => {
  if (missingRedisMessage) return
  server = await RedisServer.start()
  clients = await connectShards(server.url, 5)
})

afterAll(async () => {
  if (missingRedisMessage) return
  for (const client of clients) client.close()
  await server.stop()
})

test('a lobby belongs to the same shard at every server, and the lobbies of a site are in all shards', () => {
  const places = ['', 'cafe', 'other'].map((site) => shardIndexOf(site, '', 5))
  // Servers of all versions must agree, so these numbers never change.
  expect(places).toEqual([0, 1, 2])
  expect(['games', 'music'].map((lobby) => shardIndexOf('cafe', lobby, 5))).toEqual([4, 2])
  const all = Array.from({ length: 1000 }, (_, lobby) => shardIndexOf('cafe', `lobby ${lobby}`, 64))
  expect(new Set(all).size).toBe(64)
})

describe.skipIf(missingRedisMessage)('with five shards,', () => {
  // The three sites of the contract are in different shards.
  describeEngine('the Redis engine', (dependencies) => createRedisEngines(clients, 3, dependencies))

  test('the keys of a site are in its shard only, and the rooms of all shards count for the maximum', async () => {
    server.run('FLUSHALL')
    const world = new EngineWorld((given) => createRedisEngines(clients, 1, given))
    world.maxRooms = 1
    const at = (site: string, ...ids: readonly string[]): readonly ContractSession[] =>
      ids.map((id) => {
        const place = { site, addressKey: `address of ${id}` }
        return new ContractSession(id, world.engine, false, `person ${id}`, place)
      })
    const [ana, bob] = at('cafe', 'ana', 'bob')
    const [cleo, dan] = at('other', 'cleo', 'dan')
    for (const session of [ana!, bob!]) session.enter({ site: 'cafe' })
    await world.settle()
    expect(ana!.room).toEqual(bob!.room)
    for (const session of [cleo!, dan!]) session.enter({ site: 'other' })
    await world.settle()
    expect(cleo!.room).toBeUndefined()
    expect(world.engine.counts).toEqual({ users: 4, waiting: 2, rooms: 1 })
    const tags = server
      .run('KEYS', '*s:ana')
      .split('\n')
      .filter((key) => key !== '')
    expect(tags).toEqual([expect.stringContaining(`{1}:${recordFormat}:s:ana`)])
    ana!.leave()
    // The other shard learns with its next command that there is a place for a room.
    await world.advance(500)
    expect(cleo!.room).toBeDefined()
    expect(cleo!.room).toEqual(dan!.room)
  })
})

describe.skipIf(missingRedisMessage)('if one of five shards has lost its data,', () => {
  test('only this one receives the pairs again', async () => {
    server.run('FLUSHALL')
    const world = new EngineWorld((given) =>
      createRedisEngines(clients, 1, given, 0, (pairs) =>
        pairs.add('blocked', 'person ana', 'person bob', 1_000_000),
      ),
    )
    await world.settle()
    const keys = (pattern: string): readonly string[] =>
      server
        .run('KEYS', pattern)
        .split('\n')
        .filter((key) => key !== '')
    server.run('DEL', ...keys('*{1}:*'))
    await world.advance(500)
    expect(keys('*person ana*')).toEqual([expect.stringContaining('{1}:')])
  })
})

describe.skipIf(missingRedisMessage)('with a cluster of three Redis servers,', () => {
  let cluster: RedisSetup
  let ofCluster: readonly RedisClient[]

  beforeAll(async () => {
    cluster = await startCluster()
    ofCluster = await connectShards(cluster.url, 5)
  })

  afterAll(async () => {
    for (const client of ofCluster) client.close()
    await cluster.stop()
  })

  // Each of the servers has one or two of the five shards.
  describeEngine('the Redis engine with five shards', (dependencies) =>
    createRedisEngines(ofCluster, 3, dependencies),
  )

  test('users of a site are matched while the server of another shard is stopped', async () => {
    const downs: number[] = []
    const all = await connectShards(cluster.url, 3, (index) => downs.push(index))
    try {
      const world = new EngineWorld((given) => createRedisEngines(all, 2, given))
      // In shard 0 and in shard 2, which are at different servers.
      const [stopped, working] = ['news', 'cafe']
      const at = (site: string, id: string): ContractSession => {
        const place = { site, addressKey: `address of ${id}` }
        const session = new ContractSession(id, world.engine, false, `person ${id}`, place)
        session.enter({ site })
        return session
      }
      at(stopped!, 'early')
      await world.settle()
      const owner = cluster.servers.find((each) => owns(each, '{0}'))
      for (const client of ofCluster) client.close()
      // Only shard 0 has connections there: one for commands, and one for messages.
      const connections = (): readonly string[] =>
        owner!
          .run('CLIENT', 'LIST')
          .split('\n')
          .filter((line) => line !== '' && !line.includes('cmd=client|list'))
      await vi.waitFor(() => expect(connections()).toHaveLength(2))
      owner!.signal('SIGSTOP')
      at(stopped!, 'late')
      for (let round = 0; round < 3; round++) {
        const [ana, bob] = [at(working!, `ana ${round}`), at(working!, `bob ${round}`)]
        await vi.waitFor(() => expect(ana.room).toBeDefined(), 5000)
        expect(bob.room).toEqual(ana.room)
      }
      // Its connection is replaced, and the other shards do not notice it.
      await vi.waitFor(() => expect(downs).toContain(0), 10_000)
      expect(new Set(downs)).toEqual(new Set([0]))
      owner!.signal('SIGCONT')
    } finally {
      for (const client of all) client.close()
    }
  }, 30_000)
})

/** Returns whether a server of a cluster has a key. The others name the one that has it. */
function owns(each: RedisServer, key: string): boolean {
  try {
    return !each.run('EXISTS', key).includes('MOVED')
  } catch {
    return false
  }
}

describe.skipIf(missingRedisMessage)('the number of shards', () => {
  const prefix = 'numbered:'

  /** Connects a server of the service. Rejects if it may not start. */
  async function start(count: number, nodeId: string): Promise<RedisClient> {
    const shard = { index: 0, count }
    const { url } = server
    const client = new RedisClient({ url, shard, onUp: () => undefined, onDown: () => undefined })
    client.link({ prefix, nodeId, onMessage: () => undefined })
    try {
      await client.connect()
    } catch (error) {
      client.close()
      throw error
    }
    return client
  }

  const check = (redisShards: number): Promise<object> =>
    checkRedis({ redisUrl: server.url, redisCaFile: '', redisPrefix: prefix, redisShards })

  test('must be the same at every server: another one does not start, and says both numbers', async () => {
    const first = await start(2, 'first')
    try {
      await check(2)
      const message =
        /REDIS_SHARDS is 4 here, but 2 at other servers .*: set it to 2, or stop all of them/
      await expect(start(4, 'second')).rejects.toThrow(RedisShardsError)
      await expect(start(4, 'second')).rejects.toThrow(message)
      await expect(check(4)).rejects.toThrow(message)
      const third = await start(2, 'third')
      third.close()
    } finally {
      first.close()
    }
  })

  test('of two servers with Redis in different orders that start at the same time, one at least is refused', async () => {
    const { send } = clients[0]!.logLink()
    const at = (index: number): Promise<void> =>
      agreeOnShards({
        connection: { send },
        prefix: 'ordered:',
        shard: { index, count: 2 },
        servers: 2,
      })
    // Both use the same server of Redis, and each takes it for that of another shard. Their commands alternate.
    const results = await Promise.allSettled([at(0), at(1)])
    expect(results).toContainEqual({ status: 'rejected', reason: expect.any(RedisShardsError) })
    // A refused server leaves nothing by which it would refuse others.
    await at(1)
    await expect(at(0)).rejects.toThrow(RedisShardsError)
    await at(1)
  })

  test('may change ten seconds after the last server has stopped', async () => {
    const link = clients[0]!.link({ prefix, nodeId: 'asks', onMessage: () => undefined })
    const ask = async (count: number, now: number): Promise<unknown> => {
      const commands = [{ c: 'shards', count }]
      const [, [answer]] = unpackValue(
        await link.call(packValue({ now, cfg: {}, commands })),
      ) as CallAnswer
      return answer![3]
    }
    const nowMs = Date.now()
    expect(await ask(2, nowMs)).toBe(2)
    expect(await ask(3, nowMs + 9000)).toBe(2)
    server.run('ZADD', `${baseOf(prefix, onlyShard)}nodes`, String(nowMs + 9000), 'first')
    expect(await ask(3, nowMs + 18_000)).toBe(2)
    expect(await ask(3, nowMs + 20_000)).toBe(3)
    // Redis has lost its data, and a server has sent a beat since.
    server.run('DEL', `${baseOf(prefix, onlyShard)}shards`)
    expect(await ask(3, nowMs + 18_000)).toBe(3)
  })
})
