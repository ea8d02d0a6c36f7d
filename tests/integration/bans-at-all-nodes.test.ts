// A ban holds at every node, also at one that starts later and after Redis has lost its data.
import { describe, expect } from 'vitest'
import { recordFormat } from '../../packages/buddy-server/src/engine/redis/lua/library.ts'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import { RawClient } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'

/** Says hello as a visitor, and resolves with the type of the answer, or the code if it is an error. */
async function helloAs(url: string, visitor: string): Promise<string> {
  const client = await RawClient.connect(url)
  client.sendHello({ visitor })
  const answer = await client.receiveAnyOf('welcome', 'error')
  client.socket.terminate()
  return answer.type === 'error' ? answer.code : answer.type
}

/** Asks again until the answer is the expected one, because a change reaches the other nodes with a beat. */
async function expectAnswer(url: string, visitor: string, answer: string): Promise<void> {
  await expect.poll(() => helloAs(url, visitor), { timeout: 8000 }).toBe(answer)
}

describe.skipIf(missingRedisMessage)('servers that share a Redis', () => {
  test('a ban ends the sessions of the person at every node, and refuses the person everywhere until it is lifted', async ({
    startNode,
    startNodes,
  }) => {
    const options = { addressBanMs: 0 }
    const [first, second] = await startNodes(options)
    const ana = await ResumingClient.join(first.url, 'Ana')
    const visitor = ana.welcome.visitorToken!
    const elsewhere = await ResumingClient.join(second.url, 'Ana', { visitor })
    const bob = await RawClient.join(second.url, 'Bob')
    expect(first.server.ban(ana.welcome.session, 60_000)).toBe(true)
    expect(await elsewhere.client.receive('error')).toMatchObject({ code: 'banned' })
    expect((await elsewhere.client.closed()).reason).toBe('banned')
    await bob.settled()
    // A node that starts now knows the ban before its first client.
    const third = await startNode(options)
    for (const { url } of [first, second, third]) expect(await helloAs(url, visitor)).toBe('banned')
    const [ban] = first.server.moderation.bans()
    first.server.moderation.lift(ban!.id, 'operator')
    for (const { url } of [first, second, third]) await expectAnswer(url, visitor, 'welcome')
  })

  test('bans outlast a Redis that has lost its data', async ({ redis, startNode, startNodes }) => {
    const options = { addressBanMs: 0 }
    const [first, second] = await startNodes(options)
    const ana = await ResumingClient.join(first.url, 'Ana')
    const visitor = ana.welcome.visitorToken!
    first.server.ban(ana.welcome.session, 60_000)
    await expectAnswer(second.url, visitor, 'banned')
    await first.server.close()
    redis.run('FLUSHDB')
    // The second node stores the ban again.
    const storedBans = (): string => redis.run('ZCARD', `buddy:{0}:${recordFormat}:bans`).trim()
    await expect.poll(storedBans, { timeout: 8000 }).not.toBe('0')
    const third = await startNode(options)
    expect(await helloAs(third.url, visitor)).toBe('banned')
  })
})
