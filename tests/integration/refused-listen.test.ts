// A server that shares a Redis with other servers, and cannot listen.
import { describe, expect } from 'vitest'
import { recordFormat } from '../../packages/buddy-server/src/engine/redis/lua/library.ts'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import { secretKey } from '../server-process.ts'
import { launchCli } from './cli-process.ts'

describe.skipIf(missingRedisMessage)('a server whose port is in use', () => {
  test('says so, leaves the other servers, and its process ends with exit code 1', async ({
    redis,
    startNode,
  }) => {
    const { url } = await startNode()
    const { port } = new URL(url)
    const env = { REDIS_URL: redis.url, SECRET_KEY: secretKey, PORT: port }
    const { exited, output } = launchCli(env)
    expect(await exited).toBe(1)
    expect(output()).toContain(`Cannot listen: port ${port} on`)
    expect(output()).not.toContain('    at ')
    // A server that leaves the others deletes its entries in both keys. Those of a killed server stay for a time.
    expect(redis.run('ZCARD', `buddy:{0}:${recordFormat}:nodes`).trim()).toBe('1')
    expect(redis.run('HLEN', `buddy:{0}:${recordFormat}:info`).trim()).toBe('1')
  })
})

describe.skipIf(missingRedisMessage)('a server that listens already', () => {
  test('refuses to listen again, and continues', async ({ startNode }) => {
    const { server, url } = await startNode()
    await expect(server.listen()).rejects.toThrow('this server is listening already')
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })
})
