// A search that fails has no effect on later ones.
import { expect, test } from 'vitest'
import { EngineWorld } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'

const redis = useRedis()

test.skipIf(missingRedisMessage)(
  'a search counts the common interests of its own ticket only',
  async () => {
    const world = new EngineWorld((given) => createRedisEngines([redis.client], 1, given))
    const [ana, bob] = await world.pair('ana', 'bob')
    const [cleo, dan] = world.join('cleo', 'dan')
    // The two stay in the queue.
    ana.block(ana.room!.id)
    ana.enter({ interests: ['chess'] })
    await world.settle()
    bob.enter({ interests: ['chess', 'jazz'] })
    await world.settle()
    expect([ana.room, bob.room]).toEqual([undefined, undefined])
    // Redis cannot read the blocks of Cleo.
    const key = redis.server
      .run('KEYS', '*:b:person ana')
      .trim()
      .replace('person ana', 'person cleo')
    redis.server.run('SET', key, 'damaged')
    cleo.enter({ interests: ['jazz', 'tea'] })
    await expect(world.settle()).rejects.toThrow('WRONGTYPE')
    world.errors.splice(0)
    redis.server.run('DEL', key)
    cleo.end()
    await world.settle()
    dan.enter({ interests: ['chess', 'go'] })
    await world.settle()
    expect(dan.room).toBeDefined()
    expect(ana.room).toEqual(dan.room)
  },
)
