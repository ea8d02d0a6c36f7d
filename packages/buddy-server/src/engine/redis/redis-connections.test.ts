// Every kind of connection to Redis, with real servers: what works, and the errors that an operator gets otherwise.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packValue } from '../../codec.ts'
import { describeEngine } from '../engine-contract.fixture.ts'
import { checkRedis } from './check-redis.ts'
import { RedisClient } from './redis-client.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { freePort, missingRedisMessage, RedisServer } from './redis-server.fixture.ts'
import type { RedisSetup } from './redis-setups.fixture.ts'
import { restrictedUser, startCluster, startSentinel, startTls } from './redis-setups.fixture.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

const check = (redisUrl: string, redisCaFile = ''): Promise<string> =>
  checkRedis({ redisUrl, redisCaFile, redisPrefix: 'buddy:', redisShards: 1 }).then(
    ({ place }) => place,
    (error: Error) => error.message,
  )

/** Connects. `connect` itself does not wait for a Redis that answers late. */
async function whenUp(client: RedisClient): Promise<void> {
  const isUp = new Promise<void>((resolve) => client.onUp(resolve))
  await client.connect()
  await isUp
}

let server: RedisServer
let tls: Awaited<ReturnType<typeof startTls>>
let cluster: RedisSetup
let clusterClient: RedisClient

beforeAll(async () => {
  if (missingRedisMessage) return
  ;[server, tls, cluster] = await Promise.all([RedisServer.start(), startTls(), startCluster()])
  clusterClient = new RedisClient({
    url: cluster.url,
    onUp: () => undefined,
    onDown: (error) => console.error(error),
  })
  await whenUp(clusterClient)
})

afterAll(async () => {
  if (missingRedisMessage) return
  clusterClient.close()
  await Promise.all([server, tls, cluster].map((each) => each.stop()))
})

describe.skipIf(missingRedisMessage)('with a cluster of three Redis servers,', () => {
  describeEngine('the Redis engine', (dependencies) =>
    createRedisEngines([clusterClient], 3, dependencies),
  )
})

describe.skipIf(missingRedisMessage)('the check of Redis', () => {
  test('accepts a user with only the rights in the documentation, and a special password', async () => {
    expect(await check(restrictedUser(server).url)).toBe(`Redis at 127.0.0.1:${server.port}`)
  })

  test('accepts a database number, TLS with the certificate in REDIS_CA_FILE, and a cluster', async () => {
    expect(await check(`${server.url}/3`)).toContain('Redis at')
    expect(await check(tls.url, tls.caFile)).toContain('Redis at localhost')
    expect(await check(cluster.url)).toContain('the Redis Cluster')
  })

  test.for<[string, () => string | Promise<string>, RegExp]>([
    [
      'a wrong password',
      () => `redis://buddy:wrong@127.0.0.1:${server.port}`,
      /refuses the user name or the password: correct them in REDIS_URL/,
    ],
    [
      'a database number that is too high',
      () => `${server.url}/99`,
      /has no database with this number/,
    ],
    [
      'a single server as a cluster',
      () => server.url.replace('redis:', 'redis-cluster:'),
      /is not a Redis Cluster: write redis:\/\//,
    ],
    [
      'a node of a cluster as a single server',
      () => cluster.servers[0]!.url,
      /is a node of a Redis Cluster: write redis-cluster:\/\//,
    ],
    [
      'a server as a Sentinel',
      () => `${server.url.replace('redis:', 'redis-sentinel:')}/m`,
      /is not a Sentinel/,
    ],
    [
      'a certificate that is not trusted',
      () => tls.url,
      /certificate that is not trusted: set REDIS_CA_FILE/,
    ],
    [
      'TLS where none is',
      () => server.url.replace('redis:', 'rediss:'),
      /does not answer in time: if it has no TLS, write redis:\/\//,
    ],
    [
      'no TLS where it is expected',
      () => tls.url.replace('rediss:', 'redis:'),
      /if it expects TLS, write rediss:\/\//,
    ],
    ['a name that does not exist', () => 'redis://redis.invalid', /its name cannot be resolved/],
    [
      'a port on which nothing listens',
      async () => `redis://127.0.0.1:${await freePort()}`,
      /nothing listens there/,
    ],
  ])('says what to do about %s', async ([, urlOf, message]) => {
    expect(await check(await urlOf())).toMatch(message)
  })

  test('says what to do if a password or a right is missing', async () => {
    const guarded = await RedisServer.start('--requirepass', 'secret')
    const { port } = guarded
    const cli = ['-a', 'secret', '--no-auth-warning']
    guarded.run(...cli, 'ACL', 'SETUSER', 'weak', 'on', '>w', '~*', '&*', '+@all', '-spublish')
    try {
      expect(await check(guarded.url)).toMatch(/requires a password: add it to REDIS_URL/)
      const refused = await check(`redis://weak:w@127.0.0.1:${port}`)
      expect(refused).toMatch(/give it the rights in docs\/redis\.md .*spublish/)
      expect(await check(`redis://:secret@127.0.0.1:${port}`)).toBe(`Redis at 127.0.0.1:${port}`)
    } finally {
      await guarded.stop()
    }
  })

  test.for<[string, readonly string[], RegExp]>([
    ['a command of the function', ['-zlexcount'], /may not run 'ZLEXCOUNT buddy:\{0\}:/],
    ['a command of the log', ['-xadd'], /may not run 'XADD buddy:\{safety\}'/],
    ['the keys of the log', ['resetkeys', '~buddy:{0}*'], /to access one of the keys/],
    [
      'the channel of the log',
      ['resetchannels', '&buddy:{check*'],
      /may not run 'SSUBSCRIBE buddy:\{safety\}'/,
    ],
  ])('names a right that is missing for %s', async ([, changes, message]) => {
    const { url } = restrictedUser(server)
    server.run('ACL', 'SETUSER', 'buddy', ...changes)
    const refused = await check(url)
    expect(refused).toMatch(/give it the rights in docs\/redis\.md/)
    expect(refused).toMatch(message)
  })

  test('the error names a Redis without functions as too old, and a replica as one that accepts no writes', async () => {
    // Redis before 7.0 answers like one without this command.
    const old = await RedisServer.start('--rename-command', 'FUNCTION', '')
    const replica = await RedisServer.start('--replicaof', `127.0.0.1 ${server.port}`)
    try {
      expect(await check(old.url)).toMatch(/Buddy needs Redis from 7\.0, or Valkey/)
      expect(await check(replica.url)).toMatch(/is a replica, which accepts no writes/)
    } finally {
      await Promise.all([old.stop(), replica.stop()])
    }
  })
})

describe.skipIf(missingRedisMessage)('behind a Sentinel', () => {
  test('nodes continue by themselves with the new master when the old one is killed', async () => {
    const setup = await startSentinel()
    expect(await check(setup.url)).toContain('the master mymaster of the Sentinels')
    expect(await check(setup.url.replace('mymaster', 'other'))).toContain(
      'use the name that the Sentinels watch',
    )
    const nodes = ['first', 'second'].map((nodeId) => {
      let handleMessage: (payload: Uint8Array) => void = () => undefined
      const client = new RedisClient({
        url: setup.url,
        onUp: () => undefined,
        onDown: () => undefined,
      })
      const link = client.link({
        prefix: 'buddy:',
        nodeId,
        onMessage: (payload) => handleMessage(payload),
      })
      const nextMessage = (): Promise<Uint8Array> =>
        new Promise((resolve) => (handleMessage = resolve))
      return { client, link, nextMessage }
    })
    const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
    const exchange = async (): Promise<void> => {
      const received = second.nextMessage()
      expect(await first.link.publish('second', Uint8Array.of(1, 2))).toBe(true)
      expect([...(await received)]).toEqual([1, 2])
      await first.link.call(packValue({ cfg: {}, commands: [] }))
    }
    try {
      await Promise.all(nodes.map(({ client }) => whenUp(client)))
      await exchange()
      const areUp = nodes.map(({ client }) => new Promise<void>((resolve) => client.onUp(resolve)))
      setup.servers[0]!.signal('SIGKILL')
      await Promise.all(areUp)
      await exchange()
    } finally {
      for (const { client } of nodes) client.close()
      await setup.stop()
    }
  }, 20_000)
})
