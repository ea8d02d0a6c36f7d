import { describe, expect, test } from 'vitest'
import { describeTarget, readRedisUrl, requireRedisUrl, targetOf } from './redis-url.ts'
import { shardsOf } from './shard.ts'

const single = { kind: 'single', isTls: false, credentials: {}, database: 0, master: '' }

test.for<[string, object]>([
  ['redis://localhost', { ...single, addresses: [{ host: 'localhost', port: 6379 }] }],
  ['rediss://r.example:6380/2', { isTls: true, database: 2 }],
  ['redis://[::1]:7000', { addresses: [{ host: '::1', port: 7000 }] }],
  ['redis://:secret@h', { credentials: { password: 'secret' } }],
  ['redis://u:p%40s%2Fs%3A%25@h', { credentials: { username: 'u', password: 'p@s/s:%' } }],
  ['redis://u:p@ss@h', { credentials: { username: 'u', password: 'p@ss' } }],
  ['redis://u:100%@h', { credentials: { username: 'u', password: '100%' } }],
  [
    'redis-sentinel://u:p@a,b:26380/mymaster/3',
    {
      kind: 'sentinel',
      master: 'mymaster',
      database: 3,
      credentials: { username: 'u', password: 'p' },
      sentinelCredentials: {},
      addresses: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
    },
  ],
  [
    'rediss+sentinel://a/m?sentinel_username=s&sentinel_password=x%26y',
    { isTls: true, sentinelCredentials: { username: 's', password: 'x&y' } },
  ],
  ['redis://a,b:7000', { kind: 'single', addresses: { length: 2 } }],
  ['redis-cluster://a,b,c:7000', { kind: 'cluster', addresses: { length: 3 } }],
  ['rediss+cluster://a/0', { kind: 'cluster', isTls: true }],
])('reads %s', ([url, expected]) => {
  expect(readRedisUrl(url)).toMatchObject(expected)
})

test.for([
  'http://h',
  'redis:h',
  'redis://',
  'redis://h:0',
  'redis://h:65536',
  'redis://h/a',
  'redis://h/0/1',
  'redis://h?x=1',
  'redis://h#x',
  'redis-cluster://a,,b',
  'redis-sentinel://h/m?sentinel_user=s',
])('does not accept %s', (url) => {
  expect(readRedisUrl(url)).toBeUndefined()
})

test.for<[string, string]>([
  ['redis-cluster://a/2', 'a Redis Cluster has only database 0: remove /2'],
  ['redis-sentinel://a', 'names no master: write redis-sentinel://host:26379/mymaster'],
])('says what is wrong with %s', ([url, fault]) => {
  expect(readRedisUrl(url)).toContain(fault)
})

test('several servers need at least as many shards, each of which is at one of them', () => {
  expect(() => requireRedisUrl('redis://a,b', 1)).toThrow(
    'REDIS_URL names 2 servers, but REDIS_SHARDS is 1: set it to at least 2',
  )
  const target = requireRedisUrl('redis://a,b', 3)
  const hosts = shardsOf(3).map((shard) => targetOf(target, shard).addresses[0]?.host)
  expect(hosts).toEqual(['a', 'b', 'a'])
})

describe('the description', () => {
  test.for<[string, string]>([
    ['redis://u:secret@h', 'Redis at h:6379'],
    ['redis-sentinel://:secret@a/m', 'the master m of the Sentinels a:26379'],
    ['redis-cluster://u:secret@a,b', 'the Redis Cluster a:6379, b:6379'],
  ])('of %s contains no password', ([url, text]) => {
    const target = readRedisUrl(url)
    expect(typeof target === 'object' && describeTarget(target)).toBe(text)
  })
})
