// A node takes over the session of one that hangs, and the other one continues afterwards.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { SessionElsewhereError } from '../session-elsewhere-error.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { beatMs, createCrowd, settled, takeoverMs } from './takeover.fixture.ts'

const redis = useRedis()

const bytesOf = (session: ContractSession): (number | undefined)[] =>
  session.frames.map(([byte]) => byte)

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

describe.skipIf(missingRedisMessage)('a node that could not reach Redis', () => {
  test('queues a ticket again whose match, and the end of its room, it has missed', async () => {
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

    test('if Redis does not answer when its node gives it up', async () => {
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

describe.skipIf(missingRedisMessage)('a frame that Redis is to keep', () => {
  test('arrives once if Redis keeps it, and its answer is lost', async () => {
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
  test('are kept by Redis until its next node has told that they are written to a connection', async () => {
    const { world, nodes, bob, takeOver } = await createCrowd(redis)
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    // The node numbers what it has read, and keeps it, because the client may be gone before it has it.
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
    // Ana's node passes the session on, and Redis keeps what Bob sends meanwhile.
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

describe.skipIf(missingRedisMessage)('after Redis has lost its data,', () => {
  test('a session waits until its node could restate it', async () => {
    const { world, nodes, bob, lose } = await createCrowd(redis)
    nodes.hang(0)
    lose()
    await expect(settled(world, nodes.nodes[2]!.adopt('ana', '', 1))).rejects.toThrow(
      'does not know yet',
    )
    nodes.wake(0)
    await world.advance(beatMs)
    await world.advance(beatMs)
    const adopting = nodes.nodes[2]!.adopt('ana', '', 1)
    await world.settle()
    await world.advance(takeoverMs)
    expect(await adopting).toBeDefined()
    expect(bob.room).toBeDefined()
  })

  test('the node of the client has the session, and not the one that restates it too late', async () => {
    const { world, nodes, lose, takeOver } = await createCrowd(redis)
    nodes.hang(0)
    const { session: former } = await takeOver('ana', 2)
    nodes.hang(2)
    lose()
    for (let beat = 0; beat < 8; beat++) await world.advance(beatMs)
    const adopted = await settled(world, nodes.nodes[1]!.adopt('ana', '', 1))
    expect(adopted).toEqual({ frames: [], received: undefined })
    const latest = new ContractSession('ana', nodes.nodes[1]!, true)
    latest.claim()
    nodes.wake(2)
    await world.advance(beatMs)
    await world.advance(beatMs)
    expect([former.isTaken, latest.isTaken]).toEqual([true, false])
  })

  test('a session that had left a claimed room meanwhile does not come back to it', async () => {
    const { world, nodes, ana, bob, lose, takeOver } = await createCrowd(redis)
    const room = ana.room!.id
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    await world.settle()
    // Redis fails before it has the claim, and the user goes on.
    nodes.hang(2)
    session.claim('bob', room)
    session.enter({ lobby: 'another' })
    lose()
    nodes.wake(2)
    for (let beat = 0; beat < 3; beat++) await world.advance(beatMs)
    expect([session.room, bob.room]).toEqual([undefined, undefined])
  })
})
