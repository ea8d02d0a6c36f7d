import { packValue } from '../../codec.ts'
import { newId } from '../../ids.ts'
import { within } from '../../within.ts'
import { baseOf, callFunction, loadFunction } from './redis-client.ts'
import { explainRedisError } from './redis-error.ts'
import { describeTarget, readCaFile, requireRedisUrl } from './redis-url.ts'

/** The settings that {@link checkRedis} uses. */
export interface RedisSettings {
  readonly redisUrl: string
  readonly redisCaFile: string
  readonly redisPrefix: string
}

/** What {@link checkRedis} has found. */
export interface RedisFinding {
  /** Where Redis is, without a password. */
  readonly place: string
  /** The time of one call of the function, in milliseconds. */
  readonly roundTripMs: number
}

/**
 * Connects to Redis as a server does, stores the function, calls it and sends itself a message. Changes nothing else.
 * @throws RedisError that says what is wrong and what the operator can do
 */
export async function checkRedis(
  { redisUrl, redisCaFile, redisPrefix }: RedisSettings,
  timeLimitMs = 5000,
): Promise<RedisFinding> {
  const target = requireRedisUrl(redisUrl)
  const place = describeTarget(target)
  const ca = redisCaFile ? readCaFile(redisCaFile) : undefined
  const { openRedis } = await import('./open-redis.ts')
  let latest: unknown
  const connection = openRedis({
    target,
    ca,
    isOneAttempt: true,
    onReady: () => undefined,
    onError: (error) => (latest = error),
  })
  const base = baseOf(redisPrefix)
  const channel = `${redisPrefix}{check ${newId()}}`
  try {
    return await within(timeLimitMs, async () => {
      await connection.connect()
      await connection.sendToAll(loadFunction)
      const startMs = performance.now()
      await connection.send(base, callFunction(base, packValue({ cfg: {}, commands: [] })))
      const roundTripMs = performance.now() - startMs
      let handleReceived = (): void => undefined
      const received = new Promise<void>((resolve) => (handleReceived = resolve))
      await connection.subscribe(channel, () => handleReceived())
      await connection.send(channel, ['SPUBLISH', channel, ''])
      await received
      return { place, roundTripMs }
    })
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError'
    throw explainRedisError(isLate ? (latest ?? error) : error, target)
  } finally {
    connection.close()
  }
}
