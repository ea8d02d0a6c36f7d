import { newId } from '../../ids.ts'
import { within } from '../../within.ts'
import type { RedisConnection } from './open-redis.ts'
import { explainRedisError } from './redis-error.ts'
import { askNumberOfShards, loadFunction } from './redis-function.ts'
import { RedisShardsError } from './redis-shards-error.ts'
import type { RedisTarget } from './redis-url.ts'
import { describeTarget, readCaFile, requireRedisUrl, targetOf } from './redis-url.ts'
import type { Shard } from './shard.ts'
import { baseOf, channelOf, shardsOf } from './shard.ts'

/** The settings that {@link checkRedis} uses. */
export interface RedisSettings {
  readonly redisUrl: string
  readonly redisCaFile: string
  readonly redisPrefix: string
  readonly redisShards: number
}

/** What {@link checkRedis} has found. */
export interface RedisFinding {
  /** Where Redis is, without a password. */
  readonly place: string
  /** The time of one call of the function, in milliseconds. */
  readonly roundTripMs: number
}

/**
 * Connects to Redis as a server does, stores the function, calls it and sends itself a message, for each shard. Changes
 * nothing else.
 * @throws RedisError that says what is wrong and what the operator can do
 */
export async function checkRedis(
  { redisUrl, redisCaFile, redisPrefix, redisShards }: RedisSettings,
  timeLimitMs = 5000,
): Promise<RedisFinding> {
  const target = requireRedisUrl(redisUrl, redisShards)
  const ca = redisCaFile ? readCaFile(redisCaFile) : undefined
  const shards = shardsOf(redisShards)
  // Shards of one server, or of one cluster, are checked through one connection.
  const places = target.kind === 'single' ? target.addresses.length : 1
  const times = await Promise.all(
    shards.slice(0, places).map((first) => {
      const group = shards.filter(({ index }) => index % places === first.index)
      return checkServer(targetOf(target, first), ca, group, redisPrefix, timeLimitMs)
    }),
  )
  return { place: describeTarget(target), roundTripMs: Math.max(...times) }
}

/** Checks shards at one place. Resolves with the longest time of a call of the function, in milliseconds. */
async function checkServer(
  target: RedisTarget,
  ca: Buffer | undefined,
  shards: readonly Shard[],
  prefix: string,
  timeLimitMs: number,
): Promise<number> {
  const { openRedis } = await import('./open-redis.ts')
  let latest: unknown
  const connection = openRedis({
    target,
    ca,
    isOneAttempt: true,
    onReady: () => undefined,
    onError: (error) => (latest = error),
  })
  try {
    return await within(timeLimitMs, async () => {
      await connection.connect()
      await connection.sendToAll(loadFunction)
      let longestMs = 0
      for (const shard of shards) {
        longestMs = Math.max(longestMs, await checkShard(connection, shard, prefix))
      }
      return longestMs
    })
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError'
    throw explainRedisError(isLate ? (latest ?? error) : error, target)
  } finally {
    connection.close()
  }
}

async function checkShard(
  connection: RedisConnection,
  shard: Shard,
  prefix: string,
): Promise<number> {
  const channel = channelOf(prefix, shard, `check ${newId()}`)
  const startMs = performance.now()
  const used = await askNumberOfShards(connection, baseOf(prefix, shard), shard.count, true)
  const roundTripMs = performance.now() - startMs
  if (used !== shard.count) throw new RedisShardsError(shard.count, used)
  let handleReceived = (): void => undefined
  const received = new Promise<void>((resolve) => (handleReceived = resolve))
  await connection.subscribe(channel, () => handleReceived())
  await connection.send(channel, ['SPUBLISH', channel, ''])
  await received
  return roundTripMs
}
