import { afterAll, beforeAll } from 'vitest'
import { RedisClient } from './redis-client.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'
import { shardsOf } from './shard.ts'

/** A Redis for the tests of a file, and a client that is connected to it. */
interface ConnectedRedis {
  readonly server: RedisServer
  readonly client: RedisClient
}

/**
 * Starts a Redis before the first test of the file, and stops it after the last one. Returns an object that has the
 * server and the client while tests run. If there is no Redis on this machine, prints why the tests are skipped.
 */
export function useRedis(): ConnectedRedis {
  const redis = {} as { server: RedisServer; client: RedisClient }
  if (missingRedisMessage) {
    console.log(missingRedisMessage)
    return redis
  }
  beforeAll(async () => {
    redis.server = await RedisServer.start()
    const { url } = redis.server
    redis.client = new RedisClient({ url, onUp: () => undefined, onDown: console.error })
    await redis.client.connect()
  })
  afterAll(async () => {
    redis.client.close()
    await redis.server.stop()
  })
  return redis
}

/** Connects to each of `count` shards. @param onDown called with the index of a shard that does not answer */
export async function connectShards(
  url: string,
  count: number,
  onDown: (index: number) => void = () => undefined,
): Promise<readonly RedisClient[]> {
  return Promise.all(
    shardsOf(count).map(async (shard) => {
      const client = new RedisClient({
        url,
        shard,
        onUp: () => undefined,
        onDown: () => onDown(shard.index),
      })
      const isUp = new Promise<void>((resolve) => client.onUp(resolve))
      await client.connect()
      await isUp
      return client
    }),
  )
}
