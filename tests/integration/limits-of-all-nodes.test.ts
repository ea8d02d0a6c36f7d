// The limits of a site and of an address hold for all nodes together.
import { describe, expect } from 'vitest'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import { RawClient } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'

const origin = 'https://shop.example'
const sites = [{ key: 'shop', allowedOrigins: [origin], maxUsers: 2 }]

/** Says hello, and resolves with the client if it is welcome, or with the code of the error. */
async function hello(url: string, site = ''): Promise<RawClient | string> {
  const client = await RawClient.connect(url, site === '' ? {} : { origin })
  client.sendHello({ site })
  const answer = await client.receiveAnyOf('welcome', 'error')
  return answer.type === 'error' ? answer.code : client
}

describe.skipIf(missingRedisMessage)('servers that share a Redis', () => {
  test('admit together as many users of a site as the site may have', async ({ startNodes }) => {
    const [first, second] = await startNodes({ sites })
    const ana = (await hello(first.url, 'shop')) as RawClient
    expect(await hello(second.url, 'shop')).toBeInstanceOf(RawClient)
    for (const { url } of [first, second]) expect(await hello(url, 'shop')).toBe('server-full')
    // Another site has places.
    expect(await hello(second.url)).toBeInstanceOf(RawClient)
    await ana.leave()
    await expect.poll(() => hello(second.url, 'shop'), { timeout: 8000 }).toBeInstanceOf(RawClient)
    expect(await hello(first.url, 'shop')).toBe('server-full')
  })

  test('admit together as many sessions of an address as it may have, and count a session that changes its node once', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes({ maxSessionsPerAddress: 2 })
    const ana = await ResumingClient.join(first.url, 'Ana')
    await RawClient.join(second.url, 'Bob')
    for (const { url } of [first, second]) expect(await hello(url)).toBe('too-many-connections')
    expect(await ana.reconnect(second.url)).toMatchObject({ isRestored: true })
    for (const { url } of [first, second]) expect(await hello(url)).toBe('too-many-connections')
    await ana.client.leave()
    await expect.poll(() => hello(first.url), { timeout: 8000 }).toBeInstanceOf(RawClient)
  })

  test('end the session of an address that has been away longest at the node of a new client, to make room', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes({ maxSessionsPerAddress: 2 })
    const ana = await RawClient.join(first.url, 'Ana')
    await RawClient.join(second.url, 'Bob')
    ana.socket.terminate()
    await expect.poll(() => first.server.status().away, { timeout: 8000 }).toBe(1)
    expect(await hello(second.url)).toBe('too-many-connections')
    expect(await hello(first.url)).toBeInstanceOf(RawClient)
    expect(first.server.status()).toMatchObject({ users: 1, away: 0 })
  })

  test('have the places of a killed node free again after the grace time', async ({
    startNode,
    startNodeProcess,
  }) => {
    const killed = await startNodeProcess()
    const { url } = await startNode({ maxSessionsPerAddress: 1, resumeGraceMs: 500 })
    await RawClient.join(killed.url, 'Ana')
    expect(await hello(url)).toBe('too-many-connections')
    await killed.kill()
    await expect.poll(() => hello(url), { timeout: 8000 }).toBeInstanceOf(RawClient)
  })
})
