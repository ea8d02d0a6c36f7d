// A search never trusts a member of the index that is out of date.
import { expect, test } from 'vitest'
import { EngineWorld } from '../engine-world.fixture.ts'
import { RedisClient } from './redis-client.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

test.skipIf(missingRedisMessage)(
  'a ticket is not matched by a member of the index that it has left behind',
  async () => {
    const server = await RedisServer.start()
    const client = new RedisClient({
      url: server.url,
      onUp: () => undefined,
      onDown: console.error,
    })
    try {
      await client.connect()
      const world = new EngineWorld((given) => createRedisEngines([client], 1, given))
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      ana.enter({ mode: 'video', languages: ['fr'], keepsLanguages: true })
      bob.enter({ mode: 'video', languages: ['de'], keepsLanguages: true })
      await world.settle()
      const index = server.run('KEYS', '*:x').trim()
      server.run('COPY', index, `${index} before`)
      // One is in another pool now, and the other one is away.
      ana.enter({ mode: 'text', languages: ['fr'], keepsLanguages: true })
      bob.away()
      await world.settle()
      server.run('COPY', `${index} before`, index, 'REPLACE')
      cleo.enter({ mode: 'video', languages: ['fr'] })
      dan.enter({ mode: 'video', languages: ['de'] })
      await world.settle()
      expect([ana, bob, cleo, dan].map(({ room }) => room)).toEqual(Array(4).fill(undefined))
    } finally {
      client.close()
      await server.stop()
    }
  },
)
