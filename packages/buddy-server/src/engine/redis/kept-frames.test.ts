// Frames that Redis keeps for a session arrive once and in order, also if Redis fails meanwhile.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { beatMs, bytesOf, createCrowd, settled } from './takeover.fixture.ts'

const redis = useRedis()

describe.skipIf(missingRedisMessage)('a frame that Redis is to keep', () => {
  test('arrives once if Redis keeps it, and the answer of Redis is lost', async () => {
    const { world, nodes, ana, bob, pass, recover } = await createCrowd(redis)
    nodes.fail(0, false)
    await pass(3000)
    nodes.fail(1, true)
    bob.pass(1)
    await recover(0)
    await recover(1)
    bob.pass(2)
    await world.settle()
    expect(bytesOf(ana)).toEqual([1, 2])
  })

  test('is not overtaken by a later one while it is being sent', async () => {
    const { nodes, ana, bob, pass, recover } = await createCrowd(redis)
    nodes.fail(1, false)
    await pass(3000)
    const numbers = Array.from({ length: 20 }, (_, number) => number)
    for (const number of numbers) {
      ana.pass(number)
      await Promise.resolve()
    }
    await nodes.settle()
    await recover(1)
    expect(bytesOf(bob)).toEqual(numbers)
  })

  test('arrives if Redis fails before it keeps it', async () => {
    const { world, nodes, bob, recover } = await createCrowd(redis)
    const room = bob.room!.id
    await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))
    nodes.fail(1, false)
    bob.pass(1)
    await recover(1)
    const session = new ContractSession('ana', nodes.nodes[2]!, true)
    session.claim('bob', room)
    await world.settle()
    bob.pass(2)
    await world.settle()
    expect(bytesOf(session)).toEqual([1, 2])
  })

  test('arrives if Redis loses its data before it keeps it', async () => {
    const { world, nodes, ana, bob, lose } = await createCrowd(redis)
    nodes.fail(0, false)
    nodes.fail(1, false)
    bob.pass(1)
    await nodes.settle()
    lose()
    nodes.recover(1)
    await nodes.settle()
    nodes.recover(0)
    await nodes.settle()
    world.errors.splice(0)
    await world.advance(beatMs)
    bob.pass(2)
    await world.settle()
    expect(bytesOf(ana)).toEqual([1, 2])
  })
})

describe.skipIf(missingRedisMessage)('frames for a client that has not come back', () => {
  test('are kept by Redis until its next node has confirmed that they were written to a connection', async () => {
    const { world, nodes, bob, takeOver } = await createCrowd(redis)
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    // The node numbers what it has read, and keeps it, because the client may be gone before it receives that.
    session.keep(21, 8)
    session.claim('bob', bob.room!.id)
    await world.settle()
    expect(bytesOf(session)).toEqual([])
    // Another frame arrives while the client is away.
    session.keep(22, 9)
    await world.settle()
    nodes.hang(2)
    const { session: last, kept } = await takeOver('ana', 1)
    expect(kept).toEqual([
      [8, { sentBefore: 21 }],
      [9, { sentBefore: 22 }],
    ])
    last.claim('bob', bob.room!.id)
    last.keep(21, 8)
    last.back()
    await world.settle()
    nodes.wake(2)
    nodes.hang(1)
    expect((await takeOver('ana', 2)).kept).toEqual([])
  })

  test('are dropped when its user goes on to another room', async () => {
    const { world, nodes, ana, bob, takeOver } = await createCrowd(redis)
    const room = ana.room!.id
    // Node 2 takes the session over, and Redis keeps what Bob sends meanwhile.
    const { session } = await takeOver('ana', 2)
    await world.settle()
    bob.pass(7)
    await world.settle()
    // The client has left the room, and does not claim it.
    session.claim()
    const [cem] = world.join('cem')
    session.enter()
    cem!.enter()
    await world.settle()
    expect(session.room!.id).not.toBe(room)
    nodes.hang(2)
    expect((await takeOver('ana', 1)).kept).toEqual([])
  })
})
