// What holds at the moment when Redis has lost its data.
import { describe, expect, test } from 'vitest'
import { packValue } from '../../codec.ts'
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
  test('a report is answered at once, so that its node can store it', async () => {
    const { world, nodes, ana, cleo } = await createWorld()
    for (const session of [ana, cleo]) session.enter()
    await world.settle()
    nodes[0]!.handleDisconnected()
    ana.take()
    ana.report()
    const encounter = { partnerId: 'cleo', partnerKey: 'person cleo', isRepeated: false }
    expect(ana.take()).toMatchObject([{ type: 'reported', encounter }])
    nodes[0]!.handleConnected()
    await world.settle()
    expect(ana.take().filter((event) => 'encounter' in event)).toEqual([])
  })

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

describe.skipIf(missingRedisMessage)('a match from before a loss of data', () => {
  test('that arrives after the nodes have stated their sessions has no effect, and its room ends', async () => {
    const { world, nodes, ana, bob } = await createWorld()
    ana.enter()
    await world.settle()
    redis.server.run('FLUSHALL')
    for (let beat = 0; beat < 2; beat++) await world.advance(500)
    expect(ana.isSearching).toBe(true)
    const before = { type: 'matched', s: 'ana', n: 'node 0', g: ana.generation, v: 1000 } as const
    const fields = { site: '', lobby: '', mode: 'video', openedAtMs: 0 } as const
    const room = { id: 'former', ids: ['ana', 'bob'], ...fields } as const
    const profile = JSON.stringify({ site: '', addressKey: '', personKey: '', name: '' })
    const facts = { interests: [], languages: [], isOffered: false, isRematch: false } as const
    const match = { ...before, room, profiles: [profile, profile], seat: 0, partner: 'node 1' }
    const event = { ...match, ...facts, waitsMs: [0, 0] }
    const arrive = (number: number, since: number): void =>
      nodes[0]!.handleMessage(packValue(['node 2', number, [{ ...event, since }]]))
    arrive(1, 1)
    await world.settle()
    expect([ana.room, ana.isSearching]).toEqual([undefined, true])
    // The node of the partner states the room.
    expect(redis.server.run('KEYS', '*:over:former').trim()).not.toBe('')
    expect(bob.room).toBeUndefined()
    // It is of the present data.
    arrive(2, world.clock.now())
    expect(ana.room?.id).toBe('former')
  })
})
