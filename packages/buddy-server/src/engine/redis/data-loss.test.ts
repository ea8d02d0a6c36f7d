// What holds at the moment when Redis has lost its data.
import { describe, expect, test } from 'vitest'
import type { Engine } from '../engine.ts'
import { EngineWorld } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import type { RedisEngine } from './redis-engine.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'

const redis = useRedis()

/** Returns two nodes that know that Ana has blocked Bob. Ana and Cleo join at the first, Bob at the second. */
async function createWorld() {
  let nodes: readonly Engine[] = []
  const world = new EngineWorld((given) => {
    const underTest = createRedisEngines([redis.client], 2, given, 0, (pairs) =>
      pairs.add('blocked', 'person ana', 'person bob', 1_000_000),
    )
    nodes = underTest.nodes
    return underTest
  })
  const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
  await world.settle()
  return { world, nodes: nodes as readonly RedisEngine[], ana, bob, cleo }
}

describe.skipIf(missingRedisMessage)('after Redis has lost its data', () => {
  test.each(['a command', 'a beat'])(
    'a block holds for the first match, if %s is the first to notice it',
    async (first) => {
      const { world, ana, bob, cleo } = await createWorld()
      ana.enter()
      await world.settle()
      redis.server.run('FLUSHALL')
      if (first === 'a beat') await world.advance(500)
      bob.enter()
      ana.change({})
      await world.settle()
      expect([ana.room, bob.room]).toEqual([undefined, undefined])
      cleo.enter()
      await world.settle()
      expect(cleo.room).toBeDefined()
      expect([ana.room, bob.room]).toContainEqual(cleo.room)
    },
  )

  test('a block holds for the first match, if the data was lost during an outage', async () => {
    const { world, nodes, ana, bob } = await createWorld()
    for (const node of nodes) node.handleDisconnected()
    redis.server.run('FLUSHALL')
    for (const session of [ana, bob]) session.enter()
    for (const node of nodes) node.handleConnected()
    await world.settle()
    expect([ana.room, bob.room]).toEqual([undefined, undefined])
    expect(ana.search).toMatchObject({ obstacle: 'known-people' })
  })
})

describe.skipIf(missingRedisMessage)('while Redis does not answer', () => {
  test('a node learns of a block at once, so that it can store it', async () => {
    const { world, nodes, ana, cleo } = await createWorld()
    for (const session of [ana, cleo]) session.enter()
    await world.settle()
    nodes[0]!.handleDisconnected()
    ana.block(ana.room!.id)
    const blocked = (): unknown[] => world.pairs.filter(([kind]) => kind === 'blocked')
    expect(blocked()).toEqual([['blocked', 'person ana', 'person cleo', expect.any(Number)]])
    nodes[0]!.handleConnected()
    await world.settle()
    expect(blocked()).toHaveLength(1)
  })
})
