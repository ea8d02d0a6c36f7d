import { RedisError } from './redis-url.ts'

/** Other servers of the service use another number of shards, and would look for the same sessions elsewhere. */
export class RedisShardsError extends RedisError {
  override readonly name = 'RedisShardsError'

  /**
   * @param own the number of this server
   * @param used the number that the other servers use
   */
  constructor(own: number, used: number) {
    super(
      `REDIS_SHARDS is ${own} here, but ${used} at other servers with this REDIS_URL and REDIS_PREFIX: set it to ${used}, or stop all of them, wait 10 seconds, and start all with ${own}`,
    )
  }
}
