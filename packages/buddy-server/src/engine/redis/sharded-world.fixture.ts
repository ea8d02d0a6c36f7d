// Three shards with a real Redis, and nodes whose sessions move between them.
import { afterAll, beforeAll, expect } from 'vitest'
import { ContractSession, EngineWorld } from '../engine-world.fixture.ts'
import { connectShards } from './connected-redis.fixture.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisEngineUnderTest } from './redis-engine.fixture.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'
import { shardIndexOf } from './shard.ts'

const count = 3
/** The shards of three lobbies of a site. Its sessions begin in the first one. */
export const homeShard = shardIndexOf('', '', count)
export const [gamesShard, musicShard] = [(homeShard + 1) % count, (homeShard + 2) % count]
export const [home, games, music] = [homeShard, gamesShard, musicShard].map((index) => {
  const names = Array.from({ length: 100 }, (_, number) => `lobby ${number}`)
  return names.find((lobby) => shardIndexOf('', lobby, count) === index)!
}) as [string, string, string]

/** A node is declared dead after this time without a beat, and its sessions are taken over by force after one second. */
export const deadAfterMs = 2000
const takeoverMs = 1000
export const beatMs = 500

interface Shards {
  readonly server: RedisServer
  /** The connections, for each shard. */
  readonly clients: readonly RedisClient[]
}

/**
 * Starts a Redis before the first test of the file, and stops it after the last one. If there is no Redis on this machine,
 * prints why the tests are skipped.
 */
export function useShards(): Shards {
  const shards = {} as { server: RedisServer; clients: readonly RedisClient[] }
  if (missingRedisMessage) {
    console.log(missingRedisMessage)
    return shards
  }
  beforeAll(async () => {
    shards.server = await RedisServer.start()
    shards.clients = await connectShards(shards.server.url, count)
  })
  afterAll(async () => {
    for (const client of shards.clients) client.close()
    await shards.server.stop()
  })
  return shards
}

/** Some nodes, and three shards. Sessions join at the nodes in turn. */
export function createShards(
  { server, clients }: Shards,
  nodeCount = 2,
): {
  readonly world: EngineWorld
  readonly nodes: RedisEngineUnderTest
} {
  server.run('FLUSHALL')
  let nodes: RedisEngineUnderTest
  const world = new EngineWorld((given) => (nodes = createRedisEngines(clients, nodeCount, given)))
  return { world, nodes: nodes! }
}

/** Returns the shards that have a session, or the profile of one that has ended. */
export function shardsWith(
  server: RedisServer,
  id: string,
  kind: 's' | 'f' = 's',
): readonly number[] {
  const keys = server.run('KEYS', `*:${kind}:${id}`).match(/\{\d\}/g) ?? []
  return keys.map((key) => Number(key[1])).toSorted()
}

/** Lets the sessions enter a lobby, one after the other. */
export async function enter(
  world: EngineWorld,
  lobby: string,
  ...sessions: readonly ContractSession[]
): Promise<void> {
  for (const session of sessions) {
    session.enter({ lobby })
    await world.settle()
  }
}

/** Settles the world, and resolves as the promise does. */
export async function settled<T>(world: EngineWorld, result: Promise<T>): Promise<T> {
  await Promise.all([world.settle(), result.catch(() => undefined)])
  return result
}

/** Takes a session over at a node, while its former node hangs. */
export async function takeOver(
  world: EngineWorld,
  nodes: RedisEngineUnderTest,
  id: string,
  node: number,
): Promise<ContractSession> {
  const taking = nodes.nodes[node]!.adopt(id, '', 1)
  await world.settle()
  await world.advance(takeoverMs)
  await world.settle()
  expect(await taking).toBeDefined()
  return new ContractSession(id, nodes.nodes[node]!, true)
}

/** Time passes, with beats. */
export async function pass(world: EngineWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += beatMs) await world.advance(beatMs)
}

/** The nodes notice by a beat that a shard does not answer. */
export async function notice(world: EngineWorld, nodes: RedisEngineUnderTest): Promise<void> {
  world.clock.advance(beatMs)
  await nodes.settle()
  world.errors.splice(0)
}
