// What servers do while Redis is stopped, slow, unreachable or empty, and after it.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { describe, expect, vi } from 'vitest'
import {
  freePort,
  missingRedisMessage,
  RedisServer,
} from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'
const patience = { timeout: 10_000, interval: 50 }

interface Trouble {
  readonly url: string
  /** Starts Redis, without data. */
  start(): Promise<void>
  stop(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Runs a command in Redis. */
  run(...command: readonly string[]): void
}

const test = base.extend<{
  readonly redis: Trouble
  /** Starts a server that uses the Redis of the test. */
  readonly startNode: (options?: BuddyServerOptions) => Promise<RunningServer>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  redis: async ({}, use) => {
    const port = await freePort()
    let server: RedisServer | undefined
    await use({
      url: `redis://127.0.0.1:${port}`,
      start: async () => void (server = await RedisServer.startAt(port)),
      stop: async () => {
        await server?.stop()
        server = undefined
      },
      signal: (name) => server?.signal(name),
      run: (...command) => server?.run(...command),
    })
    server?.signal('SIGCONT')
    await server?.stop()
  },
  startNode: async ({ redis, startServer }, use) => {
    await use((options) => startServer({ redisUrl: redis.url, secretKey, ...options }))
  },
})

const readiness = async (url: string): Promise<number> => (await fetch(`${url}/readyz`)).status

/** Resolves when every server has reported whether Redis answers. */
async function untilReady(isReady: boolean, ...servers: readonly RunningServer[]): Promise<void> {
  await vi.waitFor(async () => {
    for (const { url } of servers) expect(await readiness(url)).toBe(isReady ? 200 : 503)
  }, patience)
}

/** Returns two clients in a room, each at its own server. */
async function pair(
  first: string,
  second: string,
  lobby = '',
): Promise<readonly [RawClient, RawClient]> {
  const ana = await RawClient.join(first, 'Ana')
  ana.enter({ lobby })
  await ana.receive('waiting')
  const bob = await RawClient.join(second, 'Bob')
  bob.enter({ lobby })
  await Promise.all([ana.receive('matched'), bob.receive('matched')])
  return [ana, bob]
}

if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(missingRedisMessage)('a server', () => {
  test('starts without Redis, answers 503 to /readyz, and matches users when Redis answers', async ({
    redis,
    startNode,
  }) => {
    const node = await startNode()
    await untilReady(false, node)
    const ana = await RawClient.join(node.url, 'Ana')
    ana.enter()
    await redis.start()
    await untilReady(true, node)
    const bob = await RawClient.join(node.url, 'Bob')
    bob.enter()
    await Promise.all([ana.receive('matched'), bob.receive('matched')])
    await expectTextsRelayed(ana, bob)
  })

  test('continues rooms, tickets and relays after Redis was restarted without its data', async ({
    redis,
    startNode,
  }) => {
    await redis.start()
    const [first, second] = await Promise.all([startNode(), startNode()])
    const [ana, bob] = await pair(first.url, second.url)
    const [cleo, dan] = await pair(first.url, first.url, 'here')
    const waiting = await RawClient.join(second.url, 'Waiting')
    waiting.enter({ interests: ['chess'] })
    await waiting.receive('waiting')
    await redis.stop()
    await untilReady(false, first, second)
    // The room of one server needs no Redis.
    await expectTextsRelayed(cleo, dan)
    await redis.start()
    await untilReady(true, first, second)
    const newcomer = await RawClient.join(first.url, 'Newcomer')
    newcomer.enter({ interests: ['chess'] })
    await Promise.all([waiting.receive('matched'), newcomer.receive('matched')])
    await expectTextsRelayed(ana, bob)
    await expectTextsRelayed(cleo, dan)
    ana.send({ type: 'leave' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'left' })
    await vi.waitFor(
      () => expect(first.server.status()).toMatchObject({ crowd: { rooms: 2, waiting: 0 } }),
      patience,
    )
  })

  test('continues rooms and tickets after the data of Redis was deleted while it runs', async ({
    redis,
    startNode,
  }) => {
    await redis.start()
    const [first, second] = await Promise.all([startNode(), startNode()])
    const [ana, bob] = await pair(first.url, second.url)
    const waiting = await RawClient.join(second.url, 'Waiting')
    waiting.enter()
    await waiting.receive('waiting')
    redis.run('FLUSHALL')
    const newcomer = await RawClient.join(first.url, 'Newcomer')
    newcomer.enter()
    await Promise.all([waiting.receive('matched'), newcomer.receive('matched')])
    await expectTextsRelayed(ana, bob)
    ana.send({ type: 'leave' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'left' })
  })

  test('without Redis ends the room of a user who leaves, and matches the user later', async ({
    redis,
    startNode,
  }) => {
    await redis.start()
    const node = await startNode()
    const [ana, bob] = await pair(node.url, node.url)
    await redis.stop()
    await untilReady(false, node)
    ana.enter({ lobby: 'other' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'next' })
    expect(await ana.receive('error')).toMatchObject({ code: 'unavailable', retryAfterMs: 5000 })
    bob.enter({ lobby: 'other' })
    await redis.start()
    await Promise.all([ana.receive('matched'), bob.receive('matched')])
    await expectTextsRelayed(ana, bob)
    await vi.waitFor(() => expect(node.server.status()).toMatchObject({ rooms: 1 }), patience)
  })

  test('matches its own users without Redis if that is allowed, and their room continues with Redis', async ({
    redis,
    startNode,
  }) => {
    const node = await startNode({ redisDown: 'local' })
    await untilReady(false, node)
    const [ana, bob] = await pair(node.url, node.url)
    const [cleo, dan] = await pair(node.url, node.url, 'other')
    await expectTextsRelayed(ana, bob)
    const waiting = await RawClient.join(node.url, 'Waiting')
    waiting.enter({ lobby: 'third' })
    await waiting.receive('waiting')
    cleo.send({ type: 'leave' })
    expect(await dan.receive('partner-left')).toMatchObject({ reason: 'left' })
    await redis.start()
    await untilReady(true, node)
    const other = await startNode()
    const newcomer = await RawClient.join(other.url, 'Newcomer')
    newcomer.enter({ lobby: 'third' })
    await Promise.all([waiting.receive('matched'), newcomer.receive('matched')])
    await expectTextsRelayed(ana, bob)
    ana.send({ type: 'leave' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'left' })
    await vi.waitFor(
      () => expect(other.server.status()).toMatchObject({ crowd: { rooms: 1 } }),
      patience,
    )
  })

  test('loses nothing while Redis is stopped for some seconds', async ({ redis, startNode }) => {
    await redis.start()
    const [first, second] = await Promise.all([startNode(), startNode()])
    const [ana, bob] = await pair(first.url, second.url)
    redis.signal('SIGSTOP')
    ana.send({ type: 'text', text: 'while Redis is stopped' })
    await untilReady(false, first, second)
    redis.signal('SIGCONT')
    await untilReady(true, first, second)
    expect(await bob.receive('text')).toMatchObject({ text: 'while Redis is stopped' })
    await expectTextsRelayed(ana, bob)
    expect(ana.unread).not.toContain('partner-left')
    ana.send({ type: 'leave' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'left' })
  })
})
