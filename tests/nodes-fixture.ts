// Servers that share a Redis, for tests of several servers.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { expect, vi } from 'vitest'
// oxlint-disable-next-line no-restricted-imports -- the package does not publish its test fixtures
import {
  missingRedisMessage,
  RedisServer,
} from '../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import type { RunningServer } from './server-fixture.ts'
import { test as base } from './server-fixture.ts'
import type { ServerProcess } from './server-process.ts'
import { prepareServerProcess, secretKey } from './server-process.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

export { missingRedisMessage }

/** What {@link nodeFixtures} gives to a test. */
export interface NodeFixtures {
  /** A Redis of the test's own. It ends with the test. */
  readonly redis: RedisServer
  /** Starts a node in a process of its own, with these environment variables, so that the test can kill it. */
  readonly startNodeProcess: (settings?: Readonly<Record<string, string>>) => Promise<ServerProcess>
}

type Use<T> = (value: T) => Promise<void>

/** Fixtures for any test function of vitest: `base.extend<NodeFixtures>(nodeFixtures)`. */
export const nodeFixtures = {
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  redis: async ({}, use: Use<NodeFixtures['redis']>): Promise<void> => {
    const redis = await RedisServer.start()
    await use(redis)
    await redis.stop()
  },
  startNodeProcess: async (
    { redis }: Pick<NodeFixtures, 'redis'>,
    use: Use<NodeFixtures['startNodeProcess']>,
  ): Promise<void> => {
    const nodes: ServerProcess[] = []
    await use(async (settings) => {
      const node = await prepareServerProcess({ REDIS_URL: redis.url, ...settings })
      nodes.push(node)
      await node.start()
      return node
    })
    await Promise.all(nodes.map((node) => node.kill()))
  },
}

/** A test with a Redis, and nodes that use it. */
export const test = base.extend<NodeFixtures>(nodeFixtures).extend<{
  /** Starts a node in the process of the test. */
  readonly startNode: (options?: BuddyServerOptions) => Promise<RunningServer>
  /** Starts two nodes in the process of the test. */
  readonly startNodes: (
    options?: BuddyServerOptions,
  ) => Promise<readonly [RunningServer, RunningServer]>
}>({
  startNode: async ({ redis, startServer }, use) => {
    await use((options) => startServer({ redisUrl: redis.url, secretKey, ...options }))
  },
  startNodes: async ({ startNode }, use) => {
    await use((options) => Promise.all([startNode(options), startNode(options)]))
  },
})

/** Resolves when `/readyz` of every node answers that the node is ready; with `false`, that it is not ready. */
export async function untilReady(
  isReady: boolean,
  ...nodes: readonly { readonly url: string }[]
): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const { url } of nodes) {
        expect((await fetch(`${url}/readyz`)).status).toBe(isReady ? 200 : 503)
      }
    },
    { timeout: 10_000, interval: 50 },
  )
}
