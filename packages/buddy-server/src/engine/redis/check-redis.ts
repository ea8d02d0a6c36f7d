import { packValue } from '../../codec.ts'
import { newId } from '../../ids.ts'
import { logBaseOf } from '../../safety/redis-log-access.ts'
import { within } from '../../within.ts'
import type { ShardPlace } from './agree-on-shards.ts'
import { agreeOnShards } from './agree-on-shards.ts'
import { checkRights, commandsOfFunction, commandsOfLog } from './check-rights.ts'
import type { RedisConnection } from './redis-connection.ts'
import { explainRedisError } from './redis-error.ts'
import { callFunction, loadFunction } from './redis-function.ts'
import type { RedisTarget } from './redis-url.ts'
import { describeTarget, readCaFile, requireRedisUrl, serversOf, targetOf } from './redis-url.ts'
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
 * Connects to Redis as a server does, stores the function, calls it and sends itself a message, for each shard. Checks
 * that the user may run each command of the function, and of the log of reports and decisions. Changes nothing else.
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
  const servers = serversOf(target)
  const times = await Promise.all(
    shards.slice(0, servers).map((first) => {
      const group = shards.filter(({ index }) => index % servers === first.index)
      return checkServer(targetOf(target, first), ca, group, {
        prefix: redisPrefix,
        servers,
        timeLimitMs,
      })
    }),
  )
  return { place: describeTarget(target), roundTripMs: Math.max(...times) }
}

/** Checks shards at one place. Resolves with the longest time of a call of the function, in milliseconds. */
async function checkServer(
  target: RedisTarget,
  ca: Buffer | undefined,
  shards: readonly Shard[],
  { timeLimitMs, ...place }: Pick<ShardPlace, 'prefix' | 'servers'> & { timeLimitMs: number },
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
        longestMs = Math.max(longestMs, await checkShard(connection, { ...place, shard }))
        // The log is where the first shard is.
        if (shard.index === 0) {
          await checkRights(connection, logBaseOf(place.prefix), commandsOfLog)
        }
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
  place: Omit<ShardPlace, 'connection'>,
): Promise<number> {
  const { prefix, shard } = place
  const base = baseOf(prefix, shard)
  const channel = channelOf(prefix, shard, `check ${newId()}`)
  const startMs = performance.now()
  await connection.send(base, callFunction(base, packValue({ cfg: {}, commands: [] })))
  const roundTripMs = performance.now() - startMs
  await checkRights(connection, base, commandsOfFunction)
  await agreeOnShards({ ...place, connection, isQuestion: true })
  let handleReceived = (): void => undefined
  const received = new Promise<void>((resolve) => (handleReceived = resolve))
  await connection.subscribe(channel, () => handleReceived())
  await connection.send(channel, ['SPUBLISH', channel, ''])
  await received
  return roundTripMs
}
