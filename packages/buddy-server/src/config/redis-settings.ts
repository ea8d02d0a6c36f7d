// The settings of a service with several nodes.
import { z } from 'zod'
import { faultForShards, readRedisUrl, redisUrlForms } from '../engine/redis/redis-url.ts'
import { maxShards } from '../engine/redis/shard.ts'
import type { ValueSchema } from './value-schemas.ts'
import { oneOf, text, wholeNumber } from './value-schemas.ts'
import { setting } from './setting.ts'

/** The error for Redis without a secret key. */
export const redisWithoutKey =
  'REDIS_URL needs SECRET_KEY, the same at every node: with it a client resumes its session at another node, and people are recognised at all of them'

const redisUrl = z
  .unknown()
  .transform((raw, context) => {
    const target = typeof raw === 'string' && raw !== '' ? readRedisUrl(raw) : undefined
    if (raw === '' || typeof target === 'object') return raw as string
    const message = target === undefined ? `it must be ${redisUrlForms}` : `it ${target}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .describe(redisUrlForms) as ValueSchema<string>

/** Returns the error for a URL that does not fit the number of shards; undefined if it does. */
export function redisShardsFault({
  redisUrl: url,
  redisShards,
}: {
  readonly redisUrl: string
  readonly redisShards: number
}): string | undefined {
  const target = url === '' ? undefined : readRedisUrl(url)
  const fault = typeof target === 'object' ? faultForShards(target, redisShards) : undefined
  return fault && `REDIS_URL ${fault}`
}

/** The settings of a service with several nodes, in one group of `docs/configuration.md`. */
export const redisSettings = {
  redisUrl: setting({
    key: 'REDIS_URL',
    schema: redisUrl,
    defaultValue: '',
    description:
      'Redis (from 7.0) or Valkey, which several servers share, so that their users meet each other. Every server needs the same `SECRET_KEY`. Without it the server is alone. See [Redis](redis.md).',
    isSecret: true,
  }),
  redisCaFile: setting({
    key: 'REDIS_CA_FILE',
    schema: text('a path'),
    defaultValue: '',
    description:
      'Certificate (PEM) of the authority that has signed the TLS certificate of Redis. Without it, the public authorities are trusted.',
  }),
  redisDown: setting({
    key: 'REDIS_DOWN',
    schema: oneOf('refuse', 'local'),
    defaultValue: 'refuse',
    description:
      'What happens to searches while Redis does not answer. `refuse`: they wait, and users receive the error `unavailable`. `local`: the server matches its own users with each other; it keeps apart those of whom one has blocked the other, as far as it knew that before or learns it itself.',
    isReloadable: true,
  }),
  redisPrefix: setting({
    key: 'REDIS_PREFIX',
    schema: text('a prefix of at most 50 letters, digits and -_.:', /^[\w\-.:]{1,50}$/),
    defaultValue: 'buddy:',
    description:
      'The first part of all keys and channels in Redis, so that two services can use one Redis.',
  }),
  redisShards: setting({
    key: 'REDIS_SHARDS',
    schema: wholeNumber(1, maxShards),
    defaultValue: 1,
    description:
      'Number of shards, among which the lobbies of all sites are divided. The shards are at different servers of a Redis Cluster, or at the servers that `REDIS_URL` names, so that a busy lobby does not slow the lobbies of other shards. The same at every server. See [Shards](redis.md#shards).',
  }),
  nodeName: setting({
    key: 'NODE_NAME',
    schema: text('at most 50 letters, digits and -_.:', /^[\w\-.:]{1,50}$/),
    defaultValue: '',
    description:
      'The name of this server in `/status` and on the dashboard of each server. If it is empty, the host name of the machine and the port, such as `chat-1:3000`.',
  }),
  region: setting({
    key: 'REGION',
    schema: text('at most 20 letters, digits and dashes, such as eu-west', /^[\w-]{1,20}$/),
    defaultValue: '',
    description:
      'The region of this server. Its users prefer partners of the same region, and require them for `WIDEN_REGION_SECONDS`. See [Regions](redis.md#regions).',
  }),
} as const
