// Redis does not answer while a session comes to another node, or while its room ends.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { bytesOf, createCrowd, settled } from './takeover.fixture.ts'

const redis = useRedis()

describe.skipIf(missingRedisMessage)('a node that could not reach Redis', () => {
  test('queues a ticket again if it has missed the match and the end of the room', async () => {
    const { world, nodes, ana, bob, recover } = await createCrowd(redis)
    for (const session of [ana, bob]) session.leave()
    ana.enter()
    await world.settle()
    nodes.fail(0, false)
    bob.enter()
    await world.settle()
    expect(bob.room).toBeDefined()
    bob.leave()
    await recover(0)
    expect(ana.isSearching).toBe(true)
    await world.advance(1000)
    bob.enter()
    await world.settle()
    expect(ana.room).toBeDefined()
    expect(bob.room).toEqual(ana.room)
  })
})

describe.skipIf(missingRedisMessage)('if Redis fails during a takeover,', () => {
  /** Ana comes to node 2, and claims her room there. Bob has sent a frame meanwhile. */
  async function createTakeover() {
    const { world, nodes, bob, recover } = await createCrowd(redis)
    const room = bob.room!.id
    await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))
    bob.pass(1)
    await world.settle()
    const join = (): ContractSession => new ContractSession('ana', nodes.nodes[2]!, true)
    return { world, nodes, bob, room, join, recover: () => recover(2) }
  }

  test.each([
    ['the join and the claim are lost', false, false],
    ['the claim is lost', true, false],
    ['both answers are lost', false, true],
    ['the answer to the claim is lost', true, true],
  ])('and %s, the room continues with all frames', async (_, isJoined, areHandled) => {
    const { world, nodes, bob, room, join, recover } = await createTakeover()
    if (!isJoined) nodes.fail(2, areHandled)
    const session = join()
    if (isJoined) await world.settle()
    nodes.fail(2, areHandled)
    session.claim('bob', room)
    await recover()
    expect([session.room?.id, bob.room?.id]).toEqual([room, room])
    bob.pass(2)
    session.pass(3)
    await world.settle()
    expect([bytesOf(session), bytesOf(bob)]).toEqual([[1, 2], [3]])
    expect(bob.take().at(-2)).toMatchObject({ type: 'presence', isPresent: true })
  })

  test('a room that has ended meanwhile is reported once, with the reason', async () => {
    const { world, nodes, bob, room, join, recover } = await createTakeover()
    nodes.fail(2, false)
    const session = join()
    session.claim('bob', room)
    await nodes.settle()
    bob.leave()
    await recover()
    await world.settle()
    expect(session.take()).toEqual([{ type: 'parted', reason: 'left' }])
  })
})

describe.skipIf(missingRedisMessage)('if the answer to a command that ends a room is lost,', () => {
  test.each([
    ['leave', 'left'],
    ['enter', 'next'],
    ['end', 'left'],
  ] as const)('the partner at another node is parted: %s', async (command, reason) => {
    const { nodes, ana, bob, recover } = await createCrowd(redis)
    nodes.fail(0, true)
    ana[command]()
    await nodes.settle()
    expect(bob.room).toBeDefined()
    await recover(0)
    expect(bob.take()).toEqual([{ type: 'parted', reason }])
  })

  test('a partner that has gone on meanwhile stays in its next room', async () => {
    const { world, nodes, ana, bob, recover } = await createCrowd(redis)
    nodes.fail(0, true)
    ana.leave()
    await nodes.settle()
    bob.enter()
    const cem = new ContractSession('cem', nodes.nodes[2]!)
    cem.enter()
    await nodes.settle()
    const next = bob.room!.id
    expect(cem.room?.id).toBe(next)
    await recover(0)
    expect([bob.room?.id, cem.room?.id]).toEqual([next, next])
    expect(world.errors).toEqual([])
  })
})

describe.skipIf(missingRedisMessage)('a node that was declared dead', () => {
  test('keeps its sessions, and gets their frames, even if it does not receive the first answer', async () => {
    const { world, nodes, ana, bob, pass, recover } = await createCrowd(redis)
    nodes.fail(0, false)
    await pass(3000)
    expect(bob.take()).toEqual([{ type: 'presence', isPresent: false }])
    bob.pass(1)
    await nodes.settle()
    nodes.fail(0, true)
    nodes.retry(0)
    await recover(0)
    expect(ana.isTaken).toBe(false)
    bob.pass(2)
    ana.pass(3)
    await world.settle()
    expect([bytesOf(ana), bytesOf(bob)]).toEqual([[1, 2], [3]])
  })
})

describe.skipIf(missingRedisMessage)(
  'a session that was taken over, and whose client does not come, ends',
  () => {
    test('if Redis fails before it answers the takeover', async () => {
      const { nodes, bob, pass } = await createCrowd(redis)
      nodes.fail(0, false)
      await pass(3000)
      nodes.fail(2, true)
      const adopting = nodes.nodes[2]!.adopt('ana', '', 1)
      await expect(Promise.all([adopting, nodes.settle()])).rejects.toThrow('does not answer')
      nodes.recover(2)
      await pass(29_000)
      expect(bob.room).toBeDefined()
      await pass(3000)
      expect(bob.room).toBeUndefined()
    })

    test('if Redis does not answer when the node of the session gives it up', async () => {
      const { world, nodes, bob, pass } = await createCrowd(redis)
      await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))
      for (const node of nodes.nodes.keys()) nodes.fail(node, false)
      await pass(6000)
      for (const node of nodes.nodes.keys()) nodes.recover(node)
      await pass(29_000)
      expect(bob.room).toBeDefined()
      await pass(3000)
      expect(bob.room).toBeUndefined()
    })
  },
)
