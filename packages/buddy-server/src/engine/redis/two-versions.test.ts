// Servers of two versions use one Redis during a roll-out.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EngineWorld } from '../engine-world.fixture.ts'
import * as library from './lua/library.ts'
import { RedisClient } from './redis-client.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'

let server: RedisServer
const clients: RedisClient[] = []

/** Returns the client of another version, with a function of another name. Records have this format. */
async function importClient(name: string, recordFormat: number): Promise<typeof RedisClient> {
  vi.resetModules()
  vi.doMock('./lua/library.ts', () => ({
    recordFormat,
    functionName: name,
    librarySource: library.librarySource.replaceAll(library.functionName, name),
  }))
  const imported = await import('./redis-client.ts')
  vi.doUnmock('./lua/library.ts')
  return imported.RedisClient
}

async function connect(Client: typeof RedisClient): Promise<RedisClient> {
  const client = new Client({ url: server.url, onUp: () => undefined, onDown: console.error })
  await client.connect()
  clients.push(client)
  return client
}

beforeAll(async () => {
  if (!missingRedisMessage) server = await RedisServer.start()
})

afterAll(async () => {
  if (missingRedisMessage) return
  for (const client of clients) client.close()
  await server.stop()
})

/** Returns a world whose second node has the other client. */
function createWorld(one: RedisClient, other: RedisClient): EngineWorld {
  const link: RedisClient['link'] = (options) =>
    (options.nodeId === 'node 0' ? one : other).link(options)
  return new EngineWorld((given) => createRedisEngines([{ link }], 2, given))
}

/** Returns each kind of key (its name without the prefix, and without the person, session or pool in it) and its type. */
function storedTypes(): readonly string[] {
  const keys = server.run('KEYS', '*').trim().split('\n')
  return keys.map((key) => {
    const [kind = '', ...rest] = key.slice(key.indexOf('{0}:')).split(':').slice(2)
    return `${kind}${rest.length > 0 ? ':' : ''} ${server.run('TYPE', key).trim()}`
  })
}

if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(missingRedisMessage)('two servers of different versions', () => {
  test('share users, rooms, frames and blocks, if the format of the records is the same', async () => {
    const other = await importClient('buddy_other', library.recordFormat)
    const world = createWorld(await connect(RedisClient), await connect(other))
    world.avoidRecentMs = 1_000_000
    const [ana, bob] = await world.pair('ana', 'bob')
    expect(ana.room).toEqual(bob.room)
    const names = server.run('FUNCTION', 'LIST')
    for (const name of [library.functionName, 'buddy_other']) expect(names).toContain(name)
    ana.pass(1)
    bob.pass(2)
    await world.settle()
    expect([ana.frames, bob.frames]).toEqual([[Uint8Array.of(2)], [Uint8Array.of(1)]])
    const types = storedTypes()
    bob.block(bob.room!.id)
    for (const session of [ana, bob]) session.enter()
    await world.settle()
    expect([ana.room, bob.room]).toEqual([undefined, undefined])
    // If this list changes, functions of earlier versions cannot use the keys: raise recordFormat.
    expect([...new Set([...types, ...storedTypes()])].toSorted()).toEqual([
      'addresses hash',
      'b: zset',
      'beat string',
      'boot string',
      'counts hash',
      'info hash',
      'm: zset',
      'n: set',
      'nodes zset',
      'p: hash',
      'p: string',
      'p: zset',
      'r: string',
      's: string',
      'sites hash',
    ])
  })

  test('do not touch the records of each other, if the formats are different', async () => {
    const other = await importClient('buddy_next', library.recordFormat + 1)
    const world = createWorld(await connect(RedisClient), await connect(other))
    const sessions = world.join('ana', 'bob', 'cleo', 'dan')
    const [ana, bob, cleo, dan] = sessions
    for (const session of [ana, bob]) session.enter()
    await world.settle()
    expect([ana.room, bob.room]).toEqual([undefined, undefined])
    for (const session of [cleo, dan]) session.enter()
    await world.settle()
    expect([ana.room, bob.room]).toEqual([cleo.room, dan.room])
    for (const session of sessions) expect(session.room).toBeDefined()
    ana.pass(1)
    bob.pass(2)
    await world.settle()
    expect([cleo.frames, dan.frames]).toEqual([[Uint8Array.of(1)], [Uint8Array.of(2)]])
  })
})
