import { checkRedis } from '../../engine/redis/check-redis.ts'
import { RedisError } from '../../engine/redis/redis-url.ts'
import type { CheckContext } from '../context.ts'
import type { Observation } from '../finding.ts'
import { ok, problem } from '../finding.ts'

/** Checks that Redis can be used with the present settings. */
export async function checkRedisServer({
  config: { options },
  timeLimitMs,
}: CheckContext): Promise<Observation[]> {
  if (options.redisUrl === '') {
    return [
      ok('None is needed: REDIS_URL is not set, so this server shares its users with no other.'),
    ]
  }
  try {
    const { place, roundTripMs } = await checkRedis(options, timeLimitMs)
    return [ok(`${place} can be used. An answer takes ${roundTripMs.toFixed(1)} ms.`)]
  } catch (error) {
    if (!(error instanceof RedisError)) throw error
    return [problem(`${error.message}.`)]
  }
}
