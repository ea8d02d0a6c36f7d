import type { RedisConnection } from './redis-connection.ts'
import { askNumberOfShards, withdrawNumberOfShards } from './redis-function.ts'
import { RedisShardsError } from './redis-shards-error.ts'
import type { Shard } from './shard.ts'
import { baseOf, shardsOf } from './shard.ts'

/** What {@link agreeOnShards} needs. */
export interface ShardPlace {
  readonly connection: Pick<RedisConnection, 'send'>
  readonly prefix: string
  readonly shard: Shard
  /** The number of independent servers among which the shards are divided. */
  readonly servers: number
  /** Whether nothing is changed. */
  readonly isQuestion?: boolean
}

/**
 * Makes sure that this server looks for the sessions of a shard where the other servers do.
 * @throws RedisShardsError if they use another number of shards, or have other shards at this server of Redis
 */
export async function agreeOnShards(place: ShardPlace): Promise<void> {
  const { connection, prefix, shard, isQuestion } = place
  const { count } = shard
  const base = baseOf(prefix, shard)
  // A server that the others refuse stores nothing, so that it disturbs none of them.
  await refuseForeignShards(place)
  const used = await askNumberOfShards(connection, base, count, isQuestion)
  if (!isQuestion && used === count) {
    // Of two servers with different orders that start at the same time, each has stored its number before it looks for
    // that of the other again. So at least one of them finds the other.
    await refuseForeignShards(place, () => withdrawNumberOfShards(connection, base))
  }
  if (used === count) return
  throw new RedisShardsError(
    `REDIS_SHARDS is ${count} here, but ${used} at other servers with this REDIS_URL and REDIS_PREFIX: set it to ${used}, or stop all of them, wait 10 seconds, and start all with ${count}`,
  )
}

async function refuseForeignShards(
  place: ShardPlace,
  withdraw?: () => Promise<void>,
): Promise<void> {
  if (!(await hasForeignShard(place))) return
  await withdraw?.()
  throw new RedisShardsError(
    'other servers have other shards at this server of Redis: name the same servers of Redis in REDIS_URL, each once, in the same order',
  )
}

/** Returns whether other servers use a shard at this place that belongs elsewhere. */
async function hasForeignShard({
  connection,
  prefix,
  shard,
  servers,
}: ShardPlace): Promise<boolean> {
  const bases = shardsOf(shard.count)
    .filter(({ index }) => index % servers !== shard.index % servers)
    .map((other) => baseOf(prefix, other))
  if (bases.length === 0) return false
  const known = await connection.send('', ['EXISTS', ...bases.map((base) => `${base}shards`)])
  if (known === 0) return false
  // Perhaps they were there before the servers were stopped.
  const numbers = await Promise.all(
    bases.map((base) => askNumberOfShards(connection, base, 0, true)),
  )
  return numbers.some((number) => number > 0)
}
