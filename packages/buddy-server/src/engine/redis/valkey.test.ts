// Valkey does all that Buddy needs of Redis.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeEngine } from '../engine-contract.fixture.ts'
import { checkRedis } from './check-redis.ts'
import { RedisClient } from './redis-client.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingValkeyMessage, RedisServer } from './redis-server.fixture.ts'
import { restrictedUser } from './redis-setups.fixture.ts'

if (missingValkeyMessage) console.log(missingValkeyMessage)

let server: RedisServer
let client: RedisClient

beforeAll(async () => {
  if (missingValkeyMessage) return
  server = await RedisServer.startValkey()
  const { url } = restrictedUser(server)
  client = new RedisClient({ url, onUp: () => undefined, onDown: (error) => console.error(error) })
  await client.connect()
})

afterAll(async () => {
  if (missingValkeyMessage) return
  client.close()
  await server.stop()
})

describe.skipIf(missingValkeyMessage)('with Valkey,', () => {
  test('the check accepts it, with only the rights in the documentation', async () => {
    expect(server.run('INFO', 'server')).toContain('valkey_version')
    const { url } = restrictedUser(server)
    const found = await checkRedis({
      redisUrl: url,
      redisCaFile: '',
      redisPrefix: 'buddy:',
      redisShards: 1,
    })
    expect(found.place).toBe(`Redis at 127.0.0.1:${server.port}`)
  })

  describeEngine('the Redis engine with three nodes', (dependencies) =>
    createRedisEngines([client], 3, dependencies),
  )
})
