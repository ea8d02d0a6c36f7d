// A node takes over the session of one that hangs, and the other one continues afterwards.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { SessionElsewhereError } from '../session-elsewhere-error.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { beatMs, bytesOf, createCrowd, settled, takeoverMs } from './takeover.fixture.ts'

const redis = useRedis()

describe.skipIf(missingRedisMessage)('a node that has hung', () => {
  test('relays nothing that a client sent before it came to another node', async () => {
    const { world, nodes, ana, bob, takeOver } = await createCrowd(redis)
    ana.pass(1)
    await world.settle()
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    session.claim('bob', bob.room!.id)
    await world.settle()
    session.pass(3)
    await world.settle()
    // The node reads it from the former connection of the client.
    ana.pass(2)
    nodes.wake(0)
    await world.settle()
    session.pass(4)
    await world.settle()
    expect(bytesOf(bob)).toEqual([1, 3, 4])
  })

  test('finds out that it has lost a session before a client resumes it there', async () => {
    const { world, nodes, ana, takeOver } = await createCrowd(redis)
    const [first] = nodes.nodes
    expect(first!.confirm('ana', 0)).toBeUndefined()
    nodes.hang(0)
    await takeOver('ana', 2)
    const confirmed = first!.confirm('ana', 0)
    expect(confirmed).toBeDefined()
    expect(ana.isTaken).toBe(false)
    nodes.wake(0)
    await world.settle()
    await confirmed
    expect(ana.isTaken).toBe(true)
  })

  test('gives a session up that it has stated first after Redis has lost its data', async () => {
    const { world, nodes, bob, ana, takeOver, lose } = await createCrowd(redis)
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    session.claim('bob', bob.room!.id)
    await world.settle()
    // The other nodes state their sessions after node 0.
    for (const node of [1, 2]) nodes.hang(node)
    lose()
    nodes.wake(0)
    await world.advance(beatMs)
    await world.advance(beatMs)
    expect(ana.isTaken).toBe(false)
    for (const node of [1, 2]) nodes.wake(node)
    await world.settle()
    expect(ana.isTaken).toBe(true)
    expect(session.isTaken).toBe(false)
  })

  test('does not take a session back that has come to another node meanwhile', async () => {
    const { world, nodes, bob, takeOver } = await createCrowd(redis)
    const room = bob.room!.id
    await takeOver('ana', 2)
    nodes.hang(2)
    // Another connection of the client.
    const { session } = await takeOver('ana', 0)
    session.claim('bob', room)
    await world.settle()
    const personKey = 'person ana'
    const seat = { sessionId: 'ana', nodeId: 'node', name: '', subject: undefined, personKey }
    const profile = { seat, site: '', addressKey: 'address of ana', personKey }
    const admitted = nodes.nodes[2]!.admit(profile, { maxOfSite: 10, maxOfAddress: 10 })
    const late = new ContractSession('ana', nodes.nodes[2]!, true)
    late.claim('bob', room)
    nodes.wake(2)
    await expect(settled(world, admitted)).rejects.toBeInstanceOf(SessionElsewhereError)
    expect(late.isTaken).toBe(true)
    session.pass(1)
    bob.pass(2)
    await world.settle()
    expect([bytesOf(bob), bytesOf(session)]).toEqual([[1], [2]])
  })

  test('finds out that it has lost a session if only the request to release it was lost', async () => {
    const { world, nodes, ana } = await createCrowd(redis)
    nodes.hang(0)
    const taking = nodes.nodes[2]!.adopt('ana', '', 1)
    await world.settle()
    nodes.wake(0)
    expect(ana.isTaken).toBe(false)
    await world.advance(takeoverMs)
    expect(await taking).toBeDefined()
    expect(ana.isTaken).toBe(true)
  })

  test('lets a client resume if Redis does not answer for a second', async () => {
    const { world, nodes } = await createCrowd(redis)
    nodes.hang(0)
    await world.advance(takeoverMs)
    const confirmed = nodes.nodes[0]!.confirm('ana', 0)
    expect(confirmed).toBeDefined()
    await world.advance(takeoverMs)
    // It does not wait until the node wakes.
    await confirmed
    nodes.wake(0)
    await world.settle()
  })
})
