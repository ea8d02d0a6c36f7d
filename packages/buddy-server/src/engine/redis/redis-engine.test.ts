import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeEngine } from '../engine-contract.fixture.ts'
import { describeProperties } from '../engine-properties.fixture.ts'
import type { ContractSession } from '../engine-world.fixture.ts'
import { EngineWorld } from '../engine-world.fixture.ts'
import { RedisClient } from './redis-client.ts'
import { createDelayedEngines, createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'
import { restrictedUser } from './redis-setups.fixture.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

let server: RedisServer
let client: RedisClient

beforeAll(async () => {
  if (missingRedisMessage) return
  server = await RedisServer.start()
  const { url } = restrictedUser(server)
  client = new RedisClient({
    url,
    onUp: () => undefined,
    onDown: (error) => console.error(error),
  })
  await client.connect()
})

afterAll(async () => {
  if (missingRedisMessage) return
  client.close()
  await server.stop()
})

describe.skipIf(missingRedisMessage)('with Redis,', () => {
  describe.each([1, 3])('with %i nodes,', (nodes) => {
    describeEngine('the Redis engine', (dependencies) =>
      createRedisEngines([client], nodes, dependencies),
    )
  })

  describe.each([1, 2])('with delayed and interleaved delivery (seed %i),', (seed) => {
    describeEngine('the Redis engine', (dependencies) =>
      createDelayedEngines([client], seed, dependencies),
    )
  })

  test('among tickets that have waited almost equally long, one of the same node is preferred', async () => {
    const world = new EngineWorld((given) => createRedisEngines([client], 2, given, 250))
    // The sessions join at the two nodes in turn. They keep different languages, so none of them meets another.
    const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
    const keep = (session: ContractSession): object => ({
      languages: [session.id],
      keepsLanguages: true,
    })
    ana.enter(keep(ana))
    await world.advance(251)
    cleo.enter(keep(cleo))
    await world.advance(249)
    dan.enter(keep(dan))
    await world.settle()
    const [, finn] = world.join('eve', 'finn')
    // Ana has waited much longer than Dan, and Cleo a little longer.
    finn.enter()
    await world.settle()
    expect(finn.room).toBeDefined()
    expect(ana.room).toEqual(finn.room)
    bob.enter()
    await world.settle()
    expect(bob.room).toBeDefined()
    expect(dan.room).toEqual(bob.room)
    expect(cleo.room).toBeUndefined()
  })

  test('one call ends at most 32 abandoned rooms to make space, and a sweep the others', async () => {
    const world = new EngineWorld((given) => createRedisEngines([client], 1, given))
    for (let number = 0; number < 40; number++) {
      const pair = await world.pair(`one ${number}`, `other ${number}`)
      for (const session of pair) session.away()
    }
    await world.advance(5000)
    world.maxRooms = 1
    const [ana] = await world.pair('ana', 'bob')
    expect(ana.room).toBeDefined()
    expect(world.engine.counts.rooms).toBe(40 - 32 + 1)
    await world.engine.sweep(5000)
    await world.settle()
    expect(world.engine.counts.rooms).toBe(1)
  })

  test.each([
    ['that one call reads as a whole', 1],
    ['of which one call reads only some lists', 10],
  ])('an index %s gives the same partner, and is empty after its last ticket', async (_, size) => {
    const keys = (): readonly string[] => server.run('KEYS', '*:x').trim().split('\n')
    const former = keys()
    const world = new EngineWorld((given) => createRedisEngines([client], 1, given))
    const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
    for (const session of [ana, bob, cleo]) {
      // In the larger index there are 30 members, and in the smaller one 3.
      const interests = Array.from({ length: size }, (_, number) => `${session.id} ${number}`)
      session.enter({ interests, keepsInterests: true })
      await world.settle()
    }
    const index = keys().find((key) => !former.includes(key)) ?? ''
    expect(server.run('ZCARD', index).trim()).toBe(String(3 * size))
    dan.enter({ interests: ['ana 0', 'bob 0', `bob ${size - 1}`], keepsInterests: true })
    await world.settle()
    expect(dan.room).toBeDefined()
    expect((size === 1 ? ana : bob).room).toEqual(dan.room)
    for (const session of [ana, bob, cleo, dan]) session.leave()
    await world.settle()
    expect(server.run('EXISTS', index).trim()).toBe('0')
  })

  describeProperties('the Redis engine', 40, (...given) => createDelayedEngines([client], ...given))
})
