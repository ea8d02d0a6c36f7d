// What servers do while Redis is stopped, slow, unreachable or empty, and after it.
import { describe, expect, vi } from 'vitest'
import { missingRedisMessage, test, untilReady } from '../nodes-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'

const patience = { timeout: 10_000, interval: 50 }

describe.skipIf(missingRedisMessage)('a server', () => {
  test('starts without Redis, answers 503 to /readyz, and matches users when Redis answers', async ({
    redis,
    startNode,
  }) => {
    await redis.stop()
    const node = await startNode()
    await untilReady(false, node)
    const ana = await RawClient.join(node.url, 'Ana')
    ana.enter()
    await redis.restart()
    await untilReady(true, node)
    const bob = await RawClient.join(node.url, 'Bob')
    bob.enter()
    await Promise.all([ana.receive('matched'), bob.receive('matched')])
    await expectTextsRelayed(ana, bob)
  })

  test('continues rooms, tickets and relays after Redis was restarted without its data', async ({
    redis,
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const [ana, bob] = await RawClient.pair(first.url, '', second.url)
    const [cleo, dan] = await RawClient.pair(first.url, 'here')
    const waiting = await RawClient.join(second.url, 'Waiting')
    waiting.enter({ interests: ['chess'] })
    await waiting.receive('waiting')
    await redis.stop()
    await untilReady(false, first, second)
    // The room of one server needs no Redis.
    await expectTextsRelayed(cleo, dan)
    await redis.restart()
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
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const [ana, bob] = await RawClient.pair(first.url, '', second.url)
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

  test('stores its function again after all functions of Redis were deleted, and continues', async ({
    redis,
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const [ana, bob] = await RawClient.pair(first.url, '', second.url)
    const waiting = await RawClient.join(second.url, 'Waiting')
    waiting.enter()
    await waiting.receive('waiting')
    redis.run('FUNCTION', 'FLUSH')
    const newcomer = await RawClient.join(first.url, 'Newcomer')
    newcomer.enter()
    await Promise.all([waiting.receive('matched'), newcomer.receive('matched')])
    await expectTextsRelayed(ana, bob)
    await untilReady(true, first, second)
    expect(redis.run('FUNCTION', 'LIST')).toContain('buddy_')
  })

  test('without Redis ends the room of a user who leaves, and matches the user later', async ({
    redis,
    startNode,
  }) => {
    const node = await startNode()
    const [ana, bob] = await RawClient.pair(node.url)
    await redis.stop()
    await untilReady(false, node)
    ana.enter({ lobby: 'other' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'next' })
    expect(await ana.receive('error')).toMatchObject({ code: 'unavailable', retryAfterMs: 5000 })
    bob.enter({ lobby: 'other' })
    await redis.restart()
    await Promise.all([ana.receive('matched'), bob.receive('matched')])
    await expectTextsRelayed(ana, bob)
    await vi.waitFor(() => expect(node.server.status()).toMatchObject({ rooms: 1 }), patience)
  })

  test('matches its own users without Redis if that is allowed, and their room continues with Redis', async ({
    redis,
    startNode,
  }) => {
    await redis.stop()
    const node = await startNode({ redisDown: 'local' })
    await untilReady(false, node)
    const [ana, bob] = await RawClient.pair(node.url)
    const [cleo, dan] = await RawClient.pair(node.url, 'other')
    await expectTextsRelayed(ana, bob)
    const waiting = await RawClient.join(node.url, 'Waiting')
    waiting.enter({ lobby: 'third' })
    await waiting.receive('waiting')
    cleo.send({ type: 'leave' })
    expect(await dan.receive('partner-left')).toMatchObject({ reason: 'left' })
    await redis.restart()
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

  test('loses nothing while Redis is stopped for some seconds', async ({ redis, startNodes }) => {
    const [first, second] = await startNodes()
    const [ana, bob] = await RawClient.pair(first.url, '', second.url)
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
