import { RedisError } from './redis-url.ts'

/** Other servers of the service would look for the same sessions elsewhere. */
export class RedisShardsError extends RedisError {
  override readonly name = 'RedisShardsError'
}
