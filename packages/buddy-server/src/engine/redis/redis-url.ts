import { readFileSync } from 'node:fs'
import type { Shard } from './shard.ts'

/** Why Redis cannot be used, in one word for machines. It names no host, so it may be public. */
export type RedisProblem =
  /** Nothing answers there. */
  | 'unreachable'
  /** A connection is there, and nothing arrives on it. */
  | 'silent'
  | 'wrong-password'
  | 'missing-rights'
  /** It refuses writes, because `maxmemory` is reached. */
  | 'full'
  /** It refuses writes, because it cannot write to its disk. */
  | 'disk-failing'
  | 'read-only'
  | 'loading'
  | 'cluster-down'
  /** Anything else: the message says it. */
  | 'unusable'

/** Redis cannot be used. The message is for the operator. */
export class RedisError extends Error {
  override readonly name: string = 'RedisError'
  readonly problem: RedisProblem

  constructor(message: string, options: ErrorOptions & { readonly problem?: RedisProblem } = {}) {
    super(message, options)
    this.problem = options.problem ?? 'unusable'
  }
}

/** The address of a Redis server, of a node of a cluster, or of a Sentinel. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** A user name and a password. Without a user name, Redis uses the user `default`. */
export interface RedisCredentials {
  readonly username?: string
  readonly password?: string
}

/** Where Redis is, as `REDIS_URL` says it. */
export interface RedisTarget {
  /**
   * `single`: one server, or several that know nothing of each other, for shards. `sentinel`: the master that Sentinels
   * name. `cluster`: a Redis Cluster, of which some nodes are known.
   */
  readonly kind: 'single' | 'sentinel' | 'cluster'
  /** The server or servers, the Sentinels, or nodes of the cluster. */
  readonly addresses: readonly RedisAddress[]
  readonly isTls: boolean
  readonly credentials: RedisCredentials
  /** The database number. A cluster has only number 0. */
  readonly database: number
  /** The name of the master that the Sentinels watch; empty for other kinds. */
  readonly master: string
  /** The credentials for the Sentinels themselves. */
  readonly sentinelCredentials: RedisCredentials
}

/** The forms of `REDIS_URL`, for error messages and the documentation. */
export const redisUrlForms =
  'a URL like redis://user:password@host:6379/0, redis-sentinel://user:password@host1:26379,host2:26379/mymaster or redis-cluster://user:password@host1:6379,host2:6379; with TLS: rediss, rediss-sentinel or rediss-cluster'

const schemes = /^(rediss?)(?:[-+](sentinel|cluster))?:\/\/(.*)$/i
const namesOfSearch = ['sentinel_username', 'sentinel_password']
const masterName = /^[\w.-]+$/

/**
 * Reads a URL of Redis. Both `redis-sentinel` and `redis+sentinel` are accepted, because both are in use.
 * @returns what is wrong with it, as the end of a sentence, or undefined if it is no such URL at all
 */
export function readRedisUrl(raw: string): RedisTarget | string | undefined {
  const [, scheme, kindName = 'single', rest = ''] = schemes.exec(raw) ?? []
  if (scheme === undefined || /[\s#]/.test(rest)) return undefined
  const kind = kindName.toLowerCase() as RedisTarget['kind']
  const [place = '', search = ''] = splitOnce(rest, '?')
  // A password may contain @ and / only if they are encoded, but the last @ separates it in any case.
  const at = place.lastIndexOf('@')
  const [hosts = '', path = ''] = splitOnce(place.slice(at + 1), '/')
  const defaultPort = kind === 'sentinel' ? 26_379 : 6379
  const addresses = hosts.split(',').map((host) => readAddress(host, defaultPort))
  const credentials = at === -1 ? {} : readCredentials(place.slice(0, at))
  if (!credentials || !addresses.every((address) => address !== undefined)) return undefined
  const sentinelCredentials = readSearch(search)
  if (!sentinelCredentials || (search !== '' && kind !== 'sentinel')) return undefined
  const parts = path === '' ? [] : path.split('/')
  const master = kind === 'sentinel' ? (parts.shift() ?? '') : ''
  if (kind === 'sentinel' && !masterName.test(master)) {
    return 'names no master: write redis-sentinel://host:26379/mymaster with the name that the Sentinels watch'
  }
  const [number = '0', ...more] = parts
  if (more.length > 0 || !/^\d{1,5}$/.test(number)) return undefined
  const database = Number(number)
  if (kind === 'cluster' && database !== 0) {
    return `has the database number ${database}, but a Redis Cluster has only database 0: remove /${number}, and set REDIS_PREFIX to keep services apart`
  }
  const isTls = scheme.toLowerCase() === 'rediss'
  return { kind, addresses, isTls, credentials, database, master, sentinelCredentials }
}

/** Returns what is wrong with a URL for this number of shards, as the end of a sentence; undefined if nothing is. */
export function faultForShards(
  { kind, addresses }: RedisTarget,
  shards: number,
): string | undefined {
  const { length } = addresses
  if (kind !== 'single' || length <= shards) return undefined
  return `names ${length} servers, but REDIS_SHARDS is ${shards}: set it to at least ${length}, or write redis-cluster:// or redis-sentinel:// if they belong together`
}

/**
 * Reads a URL of Redis.
 * @param shards the number of shards of the service
 * @throws RedisError if it cannot be used
 */
export function requireRedisUrl(url: string, shards: number): RedisTarget {
  const target = readRedisUrl(url)
  const fault = typeof target === 'object' ? faultForShards(target, shards) : target
  if (typeof target === 'object' && fault === undefined) return target
  throw new RedisError(`REDIS_URL ${fault ?? `must be ${redisUrlForms}`}`)
}

/** Returns the number of independent servers, among which shards are divided. */
export function serversOf({ kind, addresses }: RedisTarget): number {
  return kind === 'single' ? addresses.length : 1
}

/** Returns where one shard is. Of several single servers, each has every so many shards. */
export function targetOf(target: RedisTarget, { index }: Shard): RedisTarget {
  const { kind, addresses } = target
  if (kind !== 'single') return target
  return { ...target, addresses: [addresses[index % addresses.length]!] }
}

/**
 * Reads the file of REDIS_CA_FILE.
 * @throws RedisError if it cannot be read
 */
export function readCaFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const { message } = error as Error
    throw new RedisError(`REDIS_CA_FILE cannot be read: ${message}`, { cause: error })
  }
}

/** Returns the addresses for messages. Contains no password. */
export function describeTarget({ kind, addresses, master }: RedisTarget): string {
  const places = addresses.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (kind === 'sentinel') return `the master ${master} of the Sentinels ${places}`
  return kind === 'cluster' ? `the Redis Cluster ${places}` : `Redis at ${places}`
}

function splitOnce(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator)
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}

function readAddress(text: string, defaultPort: number): RedisAddress | undefined {
  const [, ipv6, name = '', digits] =
    /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d+))?$/i.exec(text) ?? []
  const host = ipv6 ?? name
  const port = digits === undefined ? defaultPort : Number(digits)
  return host !== '' && port >= 1 && port <= 65_535 ? { host, port } : undefined
}

function readCredentials(text: string): RedisCredentials | undefined {
  const [user = '', password] = splitOnce(text, ':').map(decode)
  if (user === undefined) return undefined
  return { ...(user && { username: user }), ...(password && { password }) }
}

function readSearch(text: string): RedisCredentials | undefined {
  const search = new URLSearchParams(text)
  if ([...search.keys()].some((name) => !namesOfSearch.includes(name))) return undefined
  const [username, password] = namesOfSearch.map((name) => search.get(name))
  return { ...(username && { username }), ...(password && { password }) }
}

/** Decodes percent signs. A text with a percent sign that encodes nothing is used as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
