// oxlint-disable-next-line no-restricted-imports -- the package does not publish its test fixtures
import {
  missingRedisMessage,
  RedisServer,
} from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { test as base } from '../server-fixture.ts'
import type { ServerProcess } from '../server-process.ts'
import { prepareServerProcess } from '../server-process.ts'

export { missingRedisMessage }

/** The secret key that all nodes of a test share. */
export const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'

/** A test with a Redis of its own, which ends with the test. */
export const test = base.extend<{
  readonly redis: RedisServer
  /** Starts a node in a process of its own, which the test can kill. */
  readonly startNode: () => Promise<ServerProcess>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  redis: async ({}, use) => {
    const redis = await RedisServer.start()
    await use(redis)
    await redis.stop()
  },
  startNode: async ({ redis }, use) => {
    const nodes: ServerProcess[] = []
    await use(async () => {
      const node = await prepareServerProcess({ REDIS_URL: redis.url, SECRET_KEY: secretKey })
      nodes.push(node)
      await node.start()
      return node
    })
    await Promise.all(nodes.map((node) => node.kill()))
  },
})
