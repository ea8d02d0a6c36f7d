// The settings of a service with several nodes.
import type { ValueSchema } from './value-schemas.ts'
import { text, valueSchema } from './value-schemas.ts'
import { setting } from './setting.ts'

/** The error for Redis without a secret key. */
export const redisWithoutKey =
  'REDIS_URL needs SECRET_KEY, the same at every node: with it a client resumes its session at another node, and people are recognised at all of them'

const redisUrl: ValueSchema<string> = valueSchema(
  'a URL like redis://user:password@host:6379 or rediss://host:6380/2',
  (raw) => {
    if (raw === '') return raw
    if (typeof raw !== 'string' || !/^rediss?:\/\/\S+$/.test(raw) || !URL.canParse(raw)) {
      return undefined
    }
    const { hostname, pathname, search, hash } = new URL(raw)
    const isAllowed = hostname !== '' && /^\/?\d*$/.test(pathname) && search === '' && hash === ''
    return isAllowed ? raw : undefined
  },
)

/** The settings of a service with several nodes, in one group of `docs/configuration.md`. */
export const redisSettings = {
  redisUrl: setting({
    key: 'REDIS_URL',
    schema: redisUrl,
    defaultValue: '',
    description:
      'Redis or Valkey, which several servers share, so that their users meet each other. Every server needs the same `SECRET_KEY`. Without it the server is alone.',
    isSecret: true,
  }),
  redisPrefix: setting({
    key: 'REDIS_PREFIX',
    schema: text('a prefix of at most 50 letters, digits and -_.:', /^[\w\-.:]{1,50}$/),
    defaultValue: 'buddy:',
    description:
      'The first part of all keys and channels in Redis, so that two services can use one Redis.',
  }),
} as const
