// Each way in which Redis can fail: what a server says about it, what continues, and that it recovers by itself.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuddyServerOptions, Status } from '@buddy-chat/server'
import { describe, expect, onTestFinished } from 'vitest'
import {
  freePort,
  missingRedisMessage,
  RedisServer,
} from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import {
  startCluster,
  startSentinel,
} from '../../packages/buddy-server/src/engine/redis/redis-setups.fixture.ts'
import type { RunningServer } from '../server-fixture.ts'
import { adminToken, test as base } from '../server-fixture.ts'
import { secretKey } from '../server-process.ts'
import { parseMetrics } from './prometheus-text.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import type { RecordedLog } from './recorded-log.ts'
import { createRecordedLog } from './recorded-log.ts'

const headers = { Authorization: `Bearer ${adminToken}` }
const patience = { timeout: 12_000, interval: 50 }

interface Node extends RunningServer {
  readonly log: RecordedLog
}

const test = base.extend<{
  readonly startNode: (redisUrl: string, options?: BuddyServerOptions) => Promise<Node>
}>({
  startNode: async ({ startServer }, use) => {
    await use(async (redisUrl, options) => {
      const log = createRecordedLog()
      const running = await startServer({ redisUrl, secretKey, adminToken, ...options }, log)
      return { ...running, log }
    })
  },
})

/** Starts Redis on a port, until the test ends. */
async function startRedis(port: number, ...flags: readonly string[]): Promise<RedisServer> {
  const redis = await RedisServer.startAt(port, ...flags)
  onTestFinished(() => redis.stop())
  return redis
}

/** Creates a folder for the data of Redis, until the test ends. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-redis-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function readinessOf({ url }: Node): Promise<unknown> {
  const answer = await fetch(`${url}/readyz`)
  return { status: answer.status, ...((await answer.json()) as object) }
}

const statusOf = async ({ url }: Node): Promise<Status> =>
  (await (await fetch(`${url}/status`, { headers })).json()) as Status

async function metricsOf({ url }: Node): Promise<(name: string) => number | undefined> {
  const text = await (await fetch(`${url}/metrics`, { headers })).text()
  return (name) => parseMetrics(text).value(name)
}

/** Waits until the server says that it cannot use Redis, and checks everything that says so. */
async function expectFault(node: Node, problem: string, sentence: RegExp): Promise<void> {
  await expect
    .poll(() => readinessOf(node), patience)
    .toEqual({ status: 'redis-unreachable', problem })
  const { redis } = await statusOf(node)
  expect(redis).toMatchObject({ state: 'down', problem, message: expect.stringMatching(sentence) })
  const metric = await metricsOf(node)
  expect(metric('buddy_redis_up')).toBe(0)
  expect(metric('buddy_redis_outages_total')).toBeGreaterThanOrEqual(1)
  const line = await node.log.line(
    ({ message, fields }) =>
      message === 'Redis does not answer' && sentence.test((fields['err'] as Error).message),
  )
  expect(line.level).toBe('error')
}

/** Waits until the server can use Redis, and checks that it says so. */
async function expectRecovery(node: Node): Promise<void> {
  await expect.poll(() => readinessOf(node), patience).toEqual({ status: 'ready' })
  expect((await statusOf(node)).redis).toMatchObject({ state: 'up', problem: null })
  expect((await metricsOf(node))('buddy_redis_up')).toBe(1)
  expect(node.log.messages().at(-1)).toBe('Redis answers')
}

/** Lets a user search while Redis cannot be used. The user must be refused by name, with a time. */
async function searchInVain(node: Node): Promise<RawClient> {
  const client = await RawClient.join(node.url, 'Searching')
  client.enter({ lobby: 'during the fault' })
  expect(await client.receive('error')).toMatchObject({ code: 'unavailable', retryAfterMs: 5000 })
  return client
}

/** Lets another user meet the one who searched in vain, without a new search of that one. */
async function expectMatched(searching: RawClient, node: Node): Promise<void> {
  const other = await RawClient.join(node.url, 'Other')
  other.enter({ lobby: 'during the fault' })
  await Promise.all([searching.receive('matched'), other.receive('matched')])
  await expectTextsRelayed(searching, other)
}

if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(missingRedisMessage)('a server says what is wrong, and continues', () => {
  test('if Redis is full: rooms of one server continue, searches are refused, and continue when there is room', async ({
    startNode,
  }) => {
    const redis = await startRedis(await freePort())
    const node = await startNode(redis.url)
    const [ana, bob] = await RawClient.pair(node.url)
    redis.run('CONFIG', 'SET', 'maxmemory', '1')
    await expectFault(node, 'full', /is full: raise its maxmemory/)
    await expectTextsRelayed(ana, bob)
    const searching = await searchInVain(node)
    redis.run('CONFIG', 'SET', 'maxmemory', '0')
    await expectRecovery(node)
    await expectMatched(searching, node)
    await expectTextsRelayed(ana, bob)
  })

  test('if Redis is full, and the operator allows local matches: users of the server meet', async ({
    startNode,
  }) => {
    const redis = await startRedis(await freePort())
    const node = await startNode(redis.url, { redisDown: 'local' })
    redis.run('CONFIG', 'SET', 'maxmemory', '1')
    await expectFault(node, 'full', /is full/)
    const [ana, bob] = await RawClient.pair(node.url)
    redis.run('CONFIG', 'SET', 'maxmemory', '0')
    await expectRecovery(node)
    await expectTextsRelayed(ana, bob)
  })

  test('if the password is wrong from the start, and after Redis accepts it', async ({
    startNode,
  }) => {
    const redis = await startRedis(await freePort(), '--requirepass', 'right')
    const node = await startNode(redis.url.replace('//', '//:wrong@'))
    await expectFault(node, 'wrong-password', /refuses the user name or the password/)
    const searching = await searchInVain(node)
    redis.run('-a', 'right', '--no-auth-warning', 'CONFIG', 'SET', 'requirepass', 'wrong')
    await expectRecovery(node)
    await expectMatched(searching, node)
  })

  test('if the password of Redis is changed while it runs', async ({ startNode }) => {
    const redis = await startRedis(await freePort(), '--requirepass', 'first')
    const node = await startNode(redis.url.replace('//', '//:first@'))
    const [ana, bob] = await RawClient.pair(node.url)
    const admin = (password: string, ...command: readonly string[]): unknown =>
      redis.run('-a', password, '--no-auth-warning', ...command)
    admin('first', 'CONFIG', 'SET', 'requirepass', 'second')
    for (const type of ['normal', 'pubsub']) admin('second', 'CLIENT', 'KILL', 'TYPE', type)
    await expectFault(node, 'wrong-password', /refuses the user name or the password/)
    await expectTextsRelayed(ana, bob)
    const searching = await searchInVain(node)
    admin('second', 'CONFIG', 'SET', 'requirepass', 'first')
    await expectRecovery(node)
    await expectMatched(searching, node)
    await expectTextsRelayed(ana, bob)
  })

  test('if a right of its user is taken away while it runs', async ({ startNode }) => {
    const redis = await startRedis(await freePort())
    redis.run('ACL', 'SETUSER', 'buddy', 'on', '>p', '~*', '&*', '+@all')
    const node = await startNode(redis.url.replace('//', '//buddy:p@'))
    redis.run('ACL', 'SETUSER', 'buddy', '-fcall')
    await expectFault(node, 'missing-rights', /give it the rights in docs\/redis\.md/)
    const searching = await searchInVain(node)
    redis.run('ACL', 'SETUSER', 'buddy', '+fcall')
    await expectRecovery(node)
    await expectMatched(searching, node)
  })

  test('if Redis cannot write to its disk', async ({ startNode }) => {
    const folder = newFolder()
    const flags = ['--dir', folder, '--save', '3600 1', '--enable-protected-configs', 'local']
    const redis = await startRedis(await freePort(), ...flags)
    const node = await startNode(redis.url)
    rmSync(folder, { recursive: true })
    redis.run('BGSAVE')
    await expectFault(node, 'disk-failing', /cannot write to its disk/)
    const searching = await searchInVain(node)
    mkdirSync(folder)
    // The folder of the running process is the one that was removed.
    redis.run('CONFIG', 'SET', 'dir', folder)
    redis.run('BGSAVE')
    await expectRecovery(node)
    await expectMatched(searching, node)
  })

  test('if Redis still loads its data after a restart', async ({ startNode }) => {
    const folder = newFolder()
    const port = await freePort()
    const flags = ['--dir', folder, '--rdbcompression', 'no']
    const redis = await startRedis(port, ...flags)
    const node = await startNode(redis.url)
    const [ana, bob] = await RawClient.pair(node.url)
    const fill = `for key = 1, 2000 do redis.call('SET', key, string.rep('x', 1024)) end`
    redis.run('EVAL', fill, '0')
    redis.run('SAVE')
    await redis.stop()
    // Redis loads for 20 s, unless the test shortens that, and answers commands after each key.
    const delay = ['--key-load-delay', '10000', '--loading-process-events-interval-bytes', '1024']
    const loading = await RedisServer.startLoadingAt(port, ...flags, ...delay)
    onTestFinished(() => loading.stop())
    await expectFault(node, 'loading', /still loads its data: wait/)
    await expectTextsRelayed(ana, bob)
    const searching = await searchInVain(node)
    loading.run('CONFIG', 'SET', 'key-load-delay', '0')
    await expectRecovery(node)
    await expectMatched(searching, node)
    await expectTextsRelayed(ana, bob)
  })

  test('if a slot of a Redis Cluster has no master', async ({ startNode }) => {
    const cluster = await startCluster()
    onTestFinished(() => cluster.stop())
    const node = await startNode(cluster.url)
    const [ana, bob] = await RawClient.pair(node.url)
    const server = cluster.servers[2]!
    server.run('CLUSTER', 'DELSLOTS', '16383')
    await expectFault(node, 'cluster-down', /some slots have no master: repair the cluster/)
    await expectTextsRelayed(ana, bob)
    const searching = await searchInVain(node)
    server.run('CLUSTER', 'ADDSLOTS', '16383')
    await expectRecovery(node)
    await expectMatched(searching, node)
    await expectTextsRelayed(ana, bob)
  })

  test('if Redis is silent, unreachable, and then back', async ({ startNode }) => {
    const port = await freePort()
    const redis = await startRedis(port)
    const node = await startNode(redis.url)
    const [ana, bob] = await RawClient.pair(node.url)
    redis.signal('SIGSTOP')
    await expectFault(node, 'silent', /does not answer in time/)
    const searching = await searchInVain(node)
    await redis.stop()
    await expectFault(node, 'unreachable', /has closed the connection|nothing listens there/)
    await expectTextsRelayed(ana, bob)
    await startRedis(port)
    await expectRecovery(node)
    await expectMatched(searching, node)
    await expectTextsRelayed(ana, bob)
    expect((await metricsOf(node))('buddy_redis_outages_total')).toBe(1)
  })
})

describe.skipIf(missingRedisMessage)('rooms across servers, and searches, continue', () => {
  test('after Redis was restarted with its data', async ({ startNode }) => {
    const folder = newFolder()
    const port = await freePort()
    const flags = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always']
    const redis = await startRedis(port, ...flags)
    const [first, second] = await Promise.all([startNode(redis.url), startNode(redis.url)])
    const [ana, bob] = await RawClient.pair(first.url, '', second.url)
    const searching = await RawClient.join(second.url, 'Searching')
    searching.enter({ lobby: 'during the fault' })
    await searching.receive('waiting')
    const keys = Number(redis.run('DBSIZE'))
    await redis.stop()
    await Promise.all(
      [first, second].map((node) =>
        expectFault(node, 'unreachable', /has closed the connection|nothing listens there/),
      ),
    )
    bob.send({ type: 'text', text: 'while Redis is away' })
    const restarted = await startRedis(port, ...flags)
    await Promise.all([first, second].map(expectRecovery))
    expect(Number(restarted.run('DBSIZE'))).toBeGreaterThan(keys / 2)
    expect(await ana.receive('text')).toMatchObject({ text: 'while Redis is away' })
    await expectMatched(searching, first)
    await expectTextsRelayed(ana, bob)
  })

  test('after a failover, with the new master that the Sentinels name', async ({ startNode }) => {
    const setup = await startSentinel()
    onTestFinished(() => setup.stop())
    const [first, second] = await Promise.all([startNode(setup.url), startNode(setup.url)])
    const [ana, bob] = await RawClient.pair(first.url, '', second.url)
    const [cleo, dan] = await RawClient.pair(first.url, 'here')
    setup.servers[0]!.signal('SIGKILL')
    await Promise.all([
      first.log.line(({ message }) => message === 'Redis does not answer'),
      second.log.line(({ message }) => message === 'Redis does not answer'),
    ])
    bob.send({ type: 'text', text: 'during the failover' })
    await expectTextsRelayed(cleo, dan)
    await Promise.all([first, second].map(expectRecovery))
    expect(await ana.receive('text')).toMatchObject({ text: 'during the failover' })
    await expectTextsRelayed(ana, bob)
    const searching = await RawClient.join(second.url, 'Searching')
    searching.enter({ lobby: 'during the fault' })
    await searching.receive('waiting')
    await expectMatched(searching, first)
  })
})
