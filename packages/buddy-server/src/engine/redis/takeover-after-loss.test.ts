// A session comes to another node while Redis has lost its data, and not all nodes have stated their sessions again.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { beatMs, bytesOf, createCrowd, settled, takeoverMs } from './takeover.fixture.ts'

const redis = useRedis()

type Crowd = Awaited<ReturnType<typeof createCrowd>>

const beats = async ({ world }: Crowd, count: number): Promise<void> => {
  for (let beat = 0; beat < count; beat++) await world.advance(beatMs)
}

/** Takes Ana over at node 2, where she claims her room. */
async function comeBack({ world, nodes }: Crowd, room: string): Promise<ContractSession> {
  expect(await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))).toBeDefined()
  const session = new ContractSession('ana', nodes.nodes[2]!, true)
  session.claim('bob', room)
  await world.settle()
  return session
}

/** Checks that both are in the room, and that frames pass. */
async function checkRoom({ world, bob }: Crowd, session: ContractSession, room: string) {
  expect([session.room?.id, bob.room?.id]).toEqual([room, room])
  session.pass(1)
  bob.pass(2)
  await world.settle()
  expect([bytesOf(bob), bytesOf(session)]).toEqual([[1], [2]])
}

describe.skipIf(missingRedisMessage)('after Redis has lost its data, a room continues', () => {
  test('if the node of one session is dead, and that of the other has stated the room again', async () => {
    const crowd = await createCrowd(redis)
    const room = crowd.bob.room!.id
    crowd.nodes.hang(0)
    crowd.lose()
    await beats(crowd, 8)
    await checkRoom(crowd, await comeBack(crowd, room), room)
  })

  test('if the node of one session is dead, and that of the other states the room after the claim', async () => {
    const crowd = await createCrowd(redis)
    const room = crowd.bob.room!.id
    crowd.nodes.hang(0)
    crowd.nodes.hang(1)
    crowd.lose()
    await beats(crowd, 8)
    const session = await comeBack(crowd, room)
    expect(session.room).toBeUndefined()
    crowd.nodes.wake(1)
    await beats(crowd, 2)
    await checkRoom(crowd, session, room)
  })

  test('if a former node of one session has stated the room before the present node of that session', async () => {
    const crowd = await createCrowd(redis)
    const { world, nodes, bob, takeOver } = crowd
    const room = bob.room!.id
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    session.claim('bob', room)
    await world.settle()
    nodes.hang(2)
    crowd.lose()
    nodes.wake(0)
    await beats(crowd, 2)
    nodes.wake(2)
    await beats(crowd, 2)
    await checkRoom(crowd, session, room)
  })

  test('if a former node of one session has stated the room, and the present node knows more changes of it', async () => {
    const crowd = await createCrowd(redis)
    const { world, nodes, bob, takeOver } = crowd
    const room = bob.room!.id
    nodes.hang(0)
    const { session } = await takeOver('ana', 2)
    session.claim('bob', room)
    for (let count = 0; count < 5; count++) {
      bob.away()
      bob.back()
    }
    await world.settle()
    nodes.hang(2)
    crowd.lose()
    nodes.wake(0)
    await beats(crowd, 2)
    bob.away()
    session.take()
    nodes.wake(2)
    await beats(crowd, 2)
    expect(session.take()).toContainEqual({ type: 'presence', isPresent: false })
    bob.back()
    await checkRoom(crowd, session, room)
  })

  test('if a node releases a session before it knows of the loss', async () => {
    const crowd = await createCrowd(redis)
    const { world, nodes, ana, bob } = crowd
    const room = bob.room!.id
    crowd.lose()
    ana.handover = { frames: [Uint8Array.of(9)], sentBefore: 3, received: 5 }
    ana.release()
    await world.settle()
    expect(await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))).toEqual({
      frames: [{ sentBefore: 3, frame: Uint8Array.of(9) }],
      received: 5,
    })
    const session = new ContractSession('ana', nodes.nodes[2]!, true)
    session.claim('bob', room)
    await beats(crowd, 2)
    await checkRoom(crowd, session, room)
  })
})

test.skipIf(missingRedisMessage)(
  'a room ends if its session comes to another node, and no node states the partner again',
  async () => {
    const crowd = await createCrowd(redis)
    const room = crowd.bob.room!.id
    crowd.nodes.hang(1)
    crowd.lose()
    crowd.ana.release()
    // The release waits for the node of the partner for some time.
    await beats(crowd, 2)
    const session = await comeBack(crowd, room)
    await beats(crowd, 8)
    expect(session.room?.id).toBe(room)
    await beats(crowd, 60)
    expect(session.take()).toContainEqual({ type: 'parted', reason: 'lost' })
  },
)

test.skipIf(missingRedisMessage)(
  'a room that a session has left is over for a partner whose node states it later',
  async () => {
    const crowd = await createCrowd(redis)
    const { nodes, ana, bob } = crowd
    nodes.hang(1)
    crowd.lose()
    await beats(crowd, 2)
    ana.leave()
    await beats(crowd, 1)
    bob.take()
    nodes.wake(1)
    await beats(crowd, 2)
    expect(bob.take()).toEqual([{ type: 'parted', reason: 'left' }])
  },
)

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

  test('the node of the client has the session, and not another node that restates the session too late', async () => {
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
