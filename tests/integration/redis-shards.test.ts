// Servers with two shards, each at a Redis server of its own.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { createBuddyServer } from '@buddy-chat/server'
import { describe, expect, vi } from 'vitest'
import { recordFormat } from '../../packages/buddy-server/src/engine/redis/lua/library.ts'
import {
  missingRedisMessage,
  RedisServer,
} from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { test as base } from '../server-fixture.ts'
import { secretKey } from '../server-process.ts'
import { startCliProcess } from './cli-process.ts'
import { expectTextsRelayed } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'

/** These two lobbies are in shard 1. The lobbies without a name, also that of the server's own site, are in shard 0. */
const shop = 'shop'
const music = 'music'
const sites = [{ key: shop, allowedOrigins: ['*'] }]

const test = base.extend<{
  readonly shards: readonly [RedisServer, RedisServer]
  readonly options: BuddyServerOptions
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  shards: async ({}, use) => {
    const shards = await Promise.all([RedisServer.start(), RedisServer.start()])
    await use(shards)
    for (const shard of shards) shard.signal('SIGCONT')
    await Promise.all(shards.map((shard) => shard.stop()))
  },
  options: async ({ shards }, use) => {
    const redisUrl = `redis://${shards.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
    await use({ redisUrl, redisShards: 2, secretKey, sites })
  },
})

/** Returns two clients of a site in a room, each at its own server. */
async function pair(
  site: string,
  first: string,
  second: string,
): Promise<readonly [ResumingClient, ResumingClient]> {
  const ana = await ResumingClient.join(first, 'Ana', { site })
  ana.client.enter()
  await ana.client.receive('waiting')
  const bob = await ResumingClient.join(second, 'Bob', { site })
  bob.client.enter()
  await Promise.all([ana.matched(), bob.matched()])
  return [ana, bob]
}

if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(missingRedisMessage)('servers that share two shards', () => {
  test('match the users of each site, and resume their sessions at another server', async ({
    shards,
    options,
    startServer,
  }) => {
    const [first, second] = await Promise.all([startServer(options), startServer(options)])
    const ofOwn = await pair('', first.url, second.url)
    const ofShop = await pair(shop, first.url, second.url)
    for (const [ana, bob] of [ofOwn, ofShop]) {
      await expectTextsRelayed(ana.client, bob.client)
      ana.client.socket.terminate()
      await bob.client.receive('partner-away')
      bob.client.send({ type: 'text', text: 'while you are away' })
      const site = ana === ofShop[0] ? shop : ''
      expect(await ana.reconnect(second.url, {}, { site })).toMatchObject({ isRestored: true })
      expect(await ana.client.receive('text')).toMatchObject({ text: 'while you are away' })
      await expectTextsRelayed(ana.client, bob.client)
    }
    const countRooms = (shard: RedisServer, index: number): string =>
      shard.run('HGET', `buddy:{${index}}:${recordFormat}:counts`, 'rooms').trim()
    expect(shards.map(countRooms)).toEqual(['1', '1'])
    await vi.waitFor(
      () =>
        expect(first.server.status()).toMatchObject({ users: 0, crowd: { users: 4, rooms: 2 } }),
      5000,
    )
  })

  test('serve the lobbies of one shard while the Redis of the other is stopped, and all lobbies when it continues', async ({
    shards,
    options,
    startServer,
  }) => {
    const { url } = await startServer(options)
    const early = await ResumingClient.join(url, 'Early', { site: shop })
    shards[1].signal('SIGSTOP')
    early.client.enter()
    await expectTextsRelayed(...clientsOf(await pair('', url, url)))
    await vi.waitFor(
      async () =>
        expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
          status: 'ready',
          redis_shards_down: [1],
        }),
      10_000,
    )
    await expectTextsRelayed(...clientsOf(await pair('', url, url)))
    shards[1].signal('SIGCONT')
    const late = await ResumingClient.join(url, 'Late', { site: shop })
    late.client.enter()
    await Promise.all([early.matched(), late.matched()])
    await expectTextsRelayed(early.client, late.client)
    await vi.waitFor(async () =>
      expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' }),
    )
  })

  test('serve a lobby while the Redis of another lobby of its site is stopped, also when its users come to another server', async ({
    shards,
    options,
    startServer,
  }) => {
    const [first, second] = await Promise.all([startServer(options), startServer(options)])
    const [ana, bob] = await ResumingClient.pair(first.url, music, second.url)
    const early = await ResumingClient.join(first.url, 'Early')
    early.client.enter()
    await early.client.receive('waiting')
    // All sessions begin in the shard of this Redis.
    shards[0].signal('SIGSTOP')
    await expectTextsRelayed(ana.client, bob.client)
    ana.client.socket.terminate()
    await bob.client.receive('partner-away')
    bob.client.send({ type: 'text', text: 'while you are away' })
    expect(await ana.reconnect(second.url)).toMatchObject({ isRestored: true })
    expect(await ana.client.receive('text')).toMatchObject({ text: 'while you are away' })
    await expectTextsRelayed(...clientsOf(await ResumingClient.pair(first.url, music, second.url)))
    // A user who was in the lobby of the stopped Redis comes to the other lobby.
    const late = await ResumingClient.join(second.url, 'Late')
    for (const { client } of [early, late]) client.enter({ lobby: music })
    await Promise.all([early.matched(), late.matched()])
    shards[0].signal('SIGCONT')
    await expectTextsRelayed(early.client, late.client)
    const ofHome = await ResumingClient.pair(first.url, '', second.url)
    await expectTextsRelayed(...clientsOf(ofHome))
    await expectTextsRelayed(early.client, late.client)
  })

  test('refuse to start and to be checked with the servers of Redis in another order', async ({
    shards,
    options,
    startServer,
  }) => {
    await startServer(options)
    const [first, second] = shards.map(({ port }) => `127.0.0.1:${port}`)
    const message = /name the same servers of Redis in REDIS_URL, each once, in the same order/
    const swapped = { ...options, redisUrl: `redis://${second},${first}` }
    await expect(startServer(swapped)).rejects.toThrow(message)
    await expect(createBuddyServer(swapped).check()).rejects.toThrow(message)
    await startServer(options)
  })

  test('refuse to start with another number of shards, and say both', async ({
    options,
    startServer,
  }) => {
    await startServer(options)
    await expect(startServer({ ...options, redisShards: 4 })).rejects.toThrow(
      /REDIS_SHARDS is 4 here, but 2 at other servers/,
    )
  })

  test('stop with the same message if Redis has not answered when they started', async ({
    shards,
    options: { redisUrl = '' },
    startServer,
  }) => {
    await startServer({ redisUrl, redisShards: 2, secretKey })
    for (const shard of shards) shard.signal('SIGSTOP')
    const { writes, exited } = await startCliProcess({
      REDIS_URL: redisUrl,
      REDIS_SHARDS: '4',
      SECRET_KEY: secretKey,
    })
    for (const shard of shards) shard.signal('SIGCONT')
    await writes('REDIS_SHARDS is 4 here, but 2 at other servers')
    expect(await exited).toBe(1)
  })
})

const clientsOf = ([one, other]: readonly [ResumingClient, ResumingClient]): Parameters<
  typeof expectTextsRelayed
> => [one.client, other.client]
