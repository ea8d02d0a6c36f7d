// How many welcomes a client has received shows which node it has come to last.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import type { RedisEngine } from './redis-engine.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { beatMs, createCrowd, settled, takeoverMs } from './takeover.fixture.ts'

const redis = useRedis()

describe.skipIf(missingRedisMessage)('a node', () => {
  test('does not take a session over for a client that has received a later welcome elsewhere', async () => {
    const { world, nodes, ana } = await createCrowd(redis)
    const [, , last] = nodes.nodes
    // The client has asked node 2, and come back to node 0 because node 2 did not answer.
    ana.welcome(2)
    ana.confirmWelcome()
    await world.settle()
    expect(await settled(world, last!.adopt('ana', '', 1))).toBe('elsewhere')
    expect(ana.isTaken).toBe(false)
  })

  test('takes a session over if the client has not received its latest welcome', async () => {
    const { world, nodes, ana } = await createCrowd(redis)
    const [, , last] = nodes.nodes
    ana.welcome(2)
    await world.settle()
    expect(await settled(world, last!.adopt('ana', '', 1))).toBeDefined()
    // So its connection may be that of a client that has come back.
    expect(ana.takenFor).toBe(1)
  })

  test('takes a session over from a node at which its client was welcomed and has sent nothing', async () => {
    const { world, nodes, ana } = await createCrowd(redis)
    const [first, second, last] = nodes.nodes
    ana.welcome(2)
    ana.confirmWelcome()
    await settled(world, last!.adopt('ana', '', 2))
    const session = new ContractSession('ana', last!, true)
    session.welcome(3)
    session.claim()
    await world.settle()
    expect(await settled(world, first!.adopt('ana', '', 3))).toBeDefined()
    const again = new ContractSession('ana', first!, true)
    again.welcome(4)
    again.confirmWelcome()
    // The client resumes the session at the same node.
    again.welcome(5)
    await world.settle()
    expect(await settled(world, second!.adopt('ana', '', 5))).toBeDefined()
  })

  test('takes a session over that was resumed after a loss of data', async () => {
    const { world, nodes, ana, lose } = await createCrowd(redis)
    const [, , last] = nodes.nodes
    lose()
    await world.advance(beatMs)
    ana.welcome(2)
    await world.settle()
    expect(await settled(world, last!.adopt('ana', '', 2))).toBeDefined()
  })

  test('keeps a session that it has taken over if its client comes back before it was welcomed', async () => {
    const { world, nodes, ana } = await createCrowd(redis)
    const [, , last] = nodes.nodes
    ana.welcome(2)
    expect(await settled(world, last!.adopt('ana', '', 2))).toBeDefined()
    const session = new ContractSession('ana', last!, true)
    void last!.confirm('ana', 2)
    await world.settle()
    expect(session.isTaken).toBe(false)
  })

  test('gives a session up if its client has received a later welcome, also without Redis', async () => {
    const { nodes, ana } = await createCrowd(redis)
    const [first] = nodes.nodes
    ;(first as RedisEngine).handleDisconnected()
    ana.welcome(2)
    expect(first!.confirm('ana', 2)).toBeUndefined()
    expect(ana.isTaken).toBe(false)
    expect(first!.confirm('ana', 3)).toBeUndefined()
    expect(ana.isTaken).toBe(true)
  })

  test('waits for the latest node of a session, if a former one states it first after a loss of data', async () => {
    const { world, nodes, bob, takeOver, lose } = await createCrowd(redis)
    const [, second] = nodes.nodes
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    session.welcome(2)
    session.confirmWelcome()
    session.claim('bob', bob.room!.id)
    await world.settle()
    nodes.hang(2)
    lose()
    nodes.wake(0)
    await world.advance(beatMs)
    await world.advance(beatMs)
    await expect(settled(world, second!.adopt('ana', '', 2))).rejects.toThrow('does not know yet')
    nodes.wake(2)
    await world.settle()
    session.handover = { frames: [], sentBefore: 3, received: 5 }
    const adopted = second!.adopt('ana', '', 2)
    await world.advance(takeoverMs)
    expect(await settled(world, adopted)).toMatchObject({ received: 5 })
  })

  test('admits a session whose former node has stated it first after a loss of data, and has not reached its latest', async () => {
    const { world, nodes, takeOver, lose } = await createCrowd(redis)
    const [, second] = nodes.nodes
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    session.welcome(2)
    session.claim()
    await world.settle()
    nodes.hang(2)
    lose()
    nodes.wake(0)
    // The nodes have had the time to state their sessions.
    for (let beat = 0; beat < 8; beat++) await world.advance(beatMs)
    expect(await settled(world, second!.adopt('ana', '', 2))).toMatchObject({ frames: [] })
    const place = { site: '', addressKey: 'address of ana' }
    const seat = { sessionId: 'ana', nodeId: 'node', name: '', subject: undefined, personKey: '' }
    const profile = { seat, ...place, personKey: 'person ana' }
    const admitted = second!.admit(profile, { maxOfSite: 10, maxOfAddress: 10 })
    expect(await settled(world, admitted)).toBeUndefined()
    const again = new ContractSession('ana', second!, true)
    again.claim()
    await world.settle()
    expect(again.isTaken).toBe(false)
  })

  test('takes a session over that was resumed while Redis did not answer', async () => {
    const { world, nodes, ana, lose } = await createCrowd(redis)
    const [first, , last] = nodes.nodes
    lose()
    await world.advance(beatMs)
    const node = first as RedisEngine
    node.handleDisconnected()
    ana.welcome(2)
    ana.confirmWelcome()
    node.handleConnected()
    await world.settle()
    expect(await settled(world, last!.adopt('ana', '', 1))).toBe('elsewhere')
    expect(await settled(world, last!.adopt('ana', '', 2))).toBeDefined()
  })

  test('takes a session over whose client was welcomed at a node that had lost it and did not know it', async () => {
    const { world, nodes, ana, recover, takeOver } = await createCrowd(redis)
    const [first, second] = nodes.nodes
    ;(first as RedisEngine).handleDisconnected()
    await recover(0)
    nodes.hang(0)
    await takeOver('ana', 2)
    ana.welcome(2)
    nodes.wake(0)
    await world.settle()
    expect(await settled(world, second!.adopt('ana', '', 2))).toBeDefined()
  })

  test('takes no session over after it has stopped', async () => {
    const { world, nodes } = await createCrowd(redis)
    const [, , last] = nodes.nodes
    nodes.hang(0)
    const isRefused = expect(last!.adopt('ana', '', 1)).rejects.toThrow('this server stops')
    await world.settle()
    await settled(world, last!.close())
    await world.advance(takeoverMs)
    await isRefused
  })

  test('has the session if it is taken over again and again', async () => {
    const { world, nodes, takeOver } = await createCrowd(redis)
    const { session } = await takeOver('ana', 2)
    session.welcome(2)
    session.confirmWelcome()
    session.claim()
    await world.settle()
    const [first] = nodes.nodes
    expect(await settled(world, first!.adopt('ana', '', 1))).toBe('elsewhere')
    expect(await settled(world, first!.adopt('ana', '', 2))).toBeDefined()
    const again = new ContractSession('ana', first!, true)
    again.claim()
    await world.settle()
    expect([session.isTaken, again.isTaken]).toEqual([true, false])
  })
})
