// A session moves between shards, with real servers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packValue, unpackValue } from '../../codec.ts'
import { describeProperties } from '../engine-properties.fixture.ts'
import { ContractSession, EngineWorld } from '../engine-world.fixture.ts'
import { connectShards } from './connected-redis.fixture.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisEngineUnderTest } from './redis-engine.fixture.ts'
import { createDelayedEngines, createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'
import { shardIndexOf } from './shard.ts'
import type { CallAnswer } from './wire.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

const count = 3
/** The shards of three lobbies of a site. Its sessions begin in the first one. */
const homeShard = shardIndexOf('', '', count)
const [gamesShard, musicShard] = [(homeShard + 1) % count, (homeShard + 2) % count]
const [home, games, music] = [homeShard, gamesShard, musicShard].map((index) => {
  const names = Array.from({ length: 100 }, (_, number) => `lobby ${number}`)
  return names.find((lobby) => shardIndexOf('', lobby, count) === index)!
}) as [string, string, string]

/** A node is declared dead after this time without a beat, and its sessions are taken over by force after one second. */
const deadAfterMs = 2000
const takeoverMs = 1000
const beatMs = 500

let server: RedisServer
let clients: readonly RedisClient[]

beforeAll(async () => {
  if (missingRedisMessage) return
  server = await RedisServer.start()
  clients = await connectShards(server.url, count)
})

afterAll(async () => {
  if (missingRedisMessage) return
  for (const client of clients) client.close()
  await server.stop()
})

/** Some nodes, and three shards. Sessions join at the nodes in turn. */
function createShards(nodeCount = 2): {
  readonly world: EngineWorld
  readonly nodes: RedisEngineUnderTest
} {
  server.run('FLUSHALL')
  let nodes: RedisEngineUnderTest
  const world = new EngineWorld((given) => (nodes = createRedisEngines(clients, nodeCount, given)))
  return { world, nodes: nodes! }
}

/** Returns the shards that have a session, or the profile of one that has ended. */
function shardsWith(id: string, kind: 's' | 'f' = 's'): readonly number[] {
  const keys = server.run('KEYS', `*:${kind}:${id}`).match(/\{\d\}/g) ?? []
  return keys.map((key) => Number(key[1])).toSorted()
}

/** Lets the sessions enter a lobby, one after the other. */
async function enter(
  world: EngineWorld,
  lobby: string,
  ...sessions: readonly ContractSession[]
): Promise<void> {
  for (const session of sessions) {
    session.enter({ lobby })
    await world.settle()
  }
}

/** Settles the world, and resolves as the promise does. */
async function settled<T>(world: EngineWorld, result: Promise<T>): Promise<T> {
  await Promise.all([world.settle(), result.catch(() => undefined)])
  return result
}

/** Takes a session over at a node, while its former node hangs. */
async function takeOver(
  world: EngineWorld,
  nodes: RedisEngineUnderTest,
  id: string,
  node: number,
): Promise<ContractSession> {
  const taking = nodes.nodes[node]!.adopt(id, '', 1)
  await world.settle()
  await world.advance(takeoverMs)
  await world.settle()
  expect(await taking).toBeDefined()
  return new ContractSession(id, nodes.nodes[node]!, true)
}

/** Time passes, with beats. */
async function pass(world: EngineWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += beatMs) await world.advance(beatMs)
}

/** The nodes notice by a beat that a shard does not answer. */
async function notice(world: EngineWorld, nodes: RedisEngineUnderTest): Promise<void> {
  world.clock.advance(beatMs)
  await nodes.settle()
  world.errors.splice(0)
}

describe.skipIf(missingRedisMessage)('a session that changes its lobby', () => {
  test('is in the shard of its latest ticket only, and its former partner is parted at once', async () => {
    const { world } = createShards()
    const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
    await enter(world, home, ana, bob)
    await enter(world, games, cleo)
    expect([shardsWith('ana'), shardsWith('cleo')]).toEqual([[homeShard], [gamesShard]])
    bob.take()
    await enter(world, games, ana)
    expect(ana.room).toMatchObject({ lobby: games })
    expect(cleo.room).toEqual(ana.room)
    expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
    expect([shardsWith('ana'), shardsWith('ana', 'f')]).toEqual([[gamesShard], [homeShard]])
    // Nobody can report Cleo, who has met nobody in her first shard.
    const keptMs = ['ana', 'cleo'].map((id) => {
      const key = server.run('KEYS', `*{${homeShard}}:*:f:${id}`).trim()
      return Number(server.run('PTTL', key))
    })
    expect(keptMs[0]).toBeGreaterThan(3_500_000)
    expect(keptMs[1]).toBeLessThanOrEqual(600_000)
    ana.pass(1)
    await world.settle()
    expect(cleo.frames).toEqual([Uint8Array.of(1)])
    expect(world.engine.counts).toEqual({ users: 3, waiting: 0, rooms: 1 })
    expect(world.observed.map(([event]) => event)).toEqual(['opened', 'ended', 'opened'])
  })

  test('can come back, and receives nothing from its former stay', async () => {
    const { world } = createShards()
    const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
    await enter(world, home, bob)
    await enter(world, games, dan)
    for (let round = 0; round < 3; round++) {
      await enter(world, home, ana)
      expect(ana.room).toMatchObject({ lobby: home })
      await enter(world, games, ana)
      expect(ana.room).toMatchObject({ lobby: games })
      await enter(world, home, bob)
      await enter(world, games, dan)
    }
    // Both commands are sent in one turn.
    ana.enter({ lobby: home })
    ana.enter({ lobby: music })
    cleo.enter({ lobby: music })
    await world.settle()
    expect(ana.room).toEqual(cleo.room)
    expect(shardsWith('ana')).toEqual([musicShard])
    expect(bob.room).toBeUndefined()
  })

  test('numbers the changes of its place on when it comes back to a shard', async () => {
    const link = clients[0]!.link({
      prefix: 'changes:',
      nodeId: 'node',
      onMessage: () => undefined,
    })
    const send = async (command: object): Promise<readonly (number | undefined)[]> => {
      const cfg = { maxRooms: 10, avoidMs: 0, avoidCount: 0, rematchMs: 0, blockMs: 1000 }
      const session = { s: 'ana', n: 'node' }
      const reply = await link.call(
        packValue({ cfg, now: 0, commands: [{ ...session, ...command }] }),
      )
      const [, [answer]] = unpackValue(reply) as CallAnswer
      const [failure, events] = answer!
      expect(failure).toBe(false)
      return events.map((event) => ('v' in event ? event.v : undefined))
    }
    const join = { c: 'join', g: 0, k: 'p', f: ['', 'a', '{}'], isRestored: true, taken: 0 }
    const claim = {
      roomId: 'room',
      sessionId: 'ana',
      partnerId: 'bob',
      partnerKey: '',
      site: '',
      lobby: '',
      mode: 'text',
      openedAtMs: 0,
    }
    await send({ ...join, e: 1 })
    const [first] = await send({ c: 'claim', e: 1, g: 1, claim, inMs: 1000 })
    await send({ c: 'depart', e: 1, reason: 'next' })
    await send({ ...join, e: 4 })
    const [second] = await send({ c: 'claim', e: 4, g: 3, claim, inMs: 1000 })
    expect([first, second]).toEqual([1, 2])
  })

  test('may change the lobby while it is away', async () => {
    const { world } = createShards()
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, games, bob)
    ana.away()
    await enter(world, games, ana)
    expect([ana.room, shardsWith('ana')]).toEqual([undefined, [gamesShard]])
    ana.back()
    await world.settle()
    expect(ana.room).toBeDefined()
    expect(bob.room).toEqual(ana.room)
  })

  test('may leave, lose its connection or end before the move has ended', async () => {
    const { world } = createShards()
    const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
    ana.enter({ lobby: games })
    ana.leave()
    bob.enter({ lobby: games })
    bob.away()
    cleo.enter({ lobby: games })
    cleo.end()
    await world.settle()
    await enter(world, games, dan)
    expect(dan.room).toBeUndefined()
    expect(['ana', 'bob', 'cleo'].map((id) => shardsWith(id))).toEqual([
      [gamesShard],
      [gamesShard],
      [],
    ])
    bob.back()
    await world.settle()
    expect(bob.room).toEqual(dan.room)
    expect(bob.room).toBeDefined()
  })
})

describe.skipIf(missingRedisMessage)('a partner of a former lobby', () => {
  /** Ana and Bob have met in the first lobby, and Ana is with Cleo in the second one. */
  async function createMeetings() {
    const { world, nodes } = createShards()
    const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
    await enter(world, home, ana, bob)
    const first = ana.room!.id
    await enter(world, games, cleo, ana)
    expect(cleo.room).toBeDefined()
    for (const session of [ana, bob, cleo]) session.take()
    return { world, nodes, ana, bob, cleo, first }
  }

  test('can be reported, with its profile, and again in another lobby as a repeated report', async () => {
    const { world, ana, bob, first } = await createMeetings()
    ana.report(first)
    ana.report()
    await world.settle()
    const about = (partnerId: string, lobby: string, isRepeated: boolean) => ({
      encounter: {
        partnerId,
        lobby,
        isRepeated,
        partner: { addressKey: `address of ${partnerId}` },
      },
    })
    expect(ana.take()).toMatchObject([about('bob', home, false), about('cleo', games, false)])
    await enter(world, music, ana)
    bob.end()
    await world.settle()
    ana.report(first)
    await world.settle()
    expect(ana.take().at(-1)).toMatchObject(about('bob', home, true))
  })

  test('is answered in order, even if its shard answers later than that of the next report', async () => {
    const { world, nodes, ana, first } = await createMeetings()
    nodes.fail(0, false, homeShard)
    ana.report(first)
    ana.report()
    await nodes.settle()
    expect(ana.take()).toEqual([])
    world.errors.splice(0)
    nodes.recover(0)
    await world.settle()
    const answers = ana.take().filter((event) => 'encounter' in event)
    expect(answers).toMatchObject([
      { encounter: { partnerId: 'bob' } },
      { encounter: { partnerId: 'cleo' } },
    ])
  })

  test('can be reported just before the lobby is changed', async () => {
    const { world, ana } = await createMeetings()
    ana.report()
    ana.enter({ lobby: music })
    await world.settle()
    expect(ana.take()).toMatchObject([{ encounter: { partnerId: 'cleo' } }, { type: 'queued' }])
  })

  test('that was blocked is not met in any lobby', async () => {
    const { world, ana, bob, first } = await createMeetings()
    ana.block(first)
    ana.block('unknown')
    await world.settle()
    expect(ana.take()).toEqual([
      { type: 'blocked', isKnown: true },
      { type: 'blocked', isKnown: false },
    ])
    for (const lobby of [music, games, home]) {
      await enter(world, lobby, bob, ana)
      expect([ana.room, bob.room]).toEqual([undefined, undefined])
    }
    expect(world.pairs.filter(([kind]) => kind === 'blocked')).toHaveLength(1)
  })

  test('is a recent partner in the next lobby too', async () => {
    const { world, ana, bob } = await createMeetings()
    world.avoidRecentMs = 60_000
    world.rematchDelayMs = 5000
    await enter(world, music, bob, ana)
    expect(ana.room).toBeUndefined()
    await world.advance(5000)
    expect(ana.take().at(-1)).toMatchObject({ type: 'matched', isRematch: true })
  })
})

describe.skipIf(missingRedisMessage)('another node', () => {
  test('continues a session in the shard to which it has moved', async () => {
    const { world, nodes } = createShards()
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, games, bob, ana)
    const room = bob.room!.id
    const adopted = await settled(world, nodes.nodes[1]!.adopt('ana', '', 1))
    expect(adopted).toBeDefined()
    expect(ana.isTaken).toBe(true)
    const session = new ContractSession('ana', nodes.nodes[1]!, true)
    session.claim('bob', room)
    await world.settle()
    expect(session.room?.id).toBe(room)
    session.pass(1)
    bob.pass(2)
    await world.settle()
    expect([bob.frames, session.frames]).toEqual([[Uint8Array.of(1)], [Uint8Array.of(2)]])
    await enter(world, music, session)
    expect([shardsWith('ana'), bob.take().at(-1)]).toEqual([
      [musicShard],
      { type: 'parted', reason: 'next' },
    ])
  })

  test('finds no session that has ended', async () => {
    const { world, nodes } = createShards()
    const [ana] = world.join('ana')
    await enter(world, games, ana)
    ana.end()
    // After this time all nodes have stated the sessions that a shard has lost.
    await pass(world, 3000)
    expect(await settled(world, nodes.nodes[1]!.adopt('ana', '', 1))).toBeUndefined()
  })

  test('finds a session whose node has died in the middle of a move, once, in the new shard', async () => {
    const { world, nodes } = createShards()
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, home, ana, bob)
    bob.take()
    await pass(world, beatMs)
    // The node dies when the session has joined in the new shard and has not ended in the former one.
    nodes.fail(0, false, homeShard)
    ana.enter({ lobby: games })
    await nodes.settle()
    expect(shardsWith('ana')).toEqual([homeShard, gamesShard].toSorted())
    nodes.hang(0)
    world.errors.splice(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.claim(undefined)
    await world.settle()
    expect(shardsWith('ana')).toEqual([gamesShard])
    expect(bob.take()).toEqual([{ type: 'parted', reason: 'lost' }])
    await enter(world, games, bob, session)
    expect(session.room).toBeDefined()
    expect(bob.room).toEqual(session.room)
    nodes.recover(0)
    nodes.wake(0)
    await world.settle()
    expect([ana.isTaken, shardsWith('ana')]).toEqual([true, [gamesShard]])
    expect(bob.room).toEqual(session.room)
  })

  // All that is left of the session is the token of its client.
  test.each([
    ['restores a session', 4000, { frames: [], received: undefined }],
    ['finds no session any more', 31_000, undefined],
  ])('%s that a former node has stated first after a loss of data', async (_, ageMs, result) => {
    const { world, nodes } = createShards(3)
    const [ana] = world.join('ana')
    await enter(world, games, ana)
    nodes.hang(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.welcome(2)
    session.confirmWelcome()
    session.claim()
    await world.settle()
    nodes.hang(1)
    server.run('FLUSHALL')
    nodes.wake(0)
    await pass(world, ageMs)
    expect(shardsWith('ana')).toEqual([gamesShard])
    expect(await settled(world, nodes.nodes[2]!.adopt('ana', '', 2))).toEqual(result)
    if (!result) return
    const restored = new ContractSession('ana', nodes.nodes[2]!, true)
    restored.claim()
    await world.settle()
    expect([ana.isTaken, restored.isTaken]).toEqual([true, false])
  })

  test('takes a session over where a client has come last, and not where a former node has moved it late', async () => {
    const { world, nodes } = createShards(3)
    const [ana] = world.join('ana')
    await enter(world, home, ana)
    await pass(world, beatMs)
    // Node 0 has no connection to the shard that has the session.
    nodes.fail(0, false, homeShard)
    for (let passed = 0; passed < deadAfterMs + beatMs; passed += beatMs) await notice(world, nodes)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.claim()
    ana.enter({ lobby: games })
    await notice(world, nodes)
    await notice(world, nodes)
    expect(shardsWith('ana')).toEqual([homeShard, gamesShard].toSorted())
    expect(await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))).toBeDefined()
    expect([session.isTaken, shardsWith('ana')]).toEqual([true, [homeShard]])
    nodes.recover(0)
    await world.settle()
    expect([ana.isTaken, shardsWith('ana')]).toEqual([true, [homeShard]])
  })

  test('has a session for itself, although its former node continues after a move of the session', async () => {
    const { world, nodes } = createShards()
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, home, ana)
    await pass(world, beatMs)
    nodes.hang(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.claim(undefined)
    await enter(world, games, session, bob)
    expect(bob.room).toEqual(session.room)
    await pass(world, deadAfterMs)
    nodes.wake(0)
    await world.settle()
    await pass(world, beatMs)
    expect([ana.isTaken, shardsWith('ana')]).toEqual([true, [gamesShard]])
    expect(bob.room).toEqual(session.room)
  })

  test('keeps a session that its former node moves late', async () => {
    const { world, nodes } = createShards()
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, home, ana)
    await enter(world, games, bob)
    nodes.hang(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.claim(undefined)
    await world.settle()
    bob.take()
    // The node reads it from the former connection of the client.
    ana.enter({ lobby: games })
    nodes.wake(0)
    await world.settle()
    expect([ana.isTaken, shardsWith('ana')]).toEqual([true, [homeShard]])
    expect(bob.take()).toEqual([])
    await enter(world, games, session)
    expect(bob.room).toEqual(session.room)
    expect(session.room).toBeDefined()
  })
})

describe.skipIf(missingRedisMessage)('if the Redis of one shard does not answer,', () => {
  test('users of a lobby in another shard meet, change the lobby, and come to another node', async () => {
    const { world, nodes } = createShards()
    const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
    await enter(world, games, ana, bob)
    for (const node of [0, 1]) nodes.fail(node, false, homeShard)
    await notice(world, nodes)
    await enter(world, games, bob, ana)
    expect(ana.room).toBeDefined()
    expect(bob.room).toEqual(ana.room)
    // Cleo is still in the shard that does not answer.
    await enter(world, music, cleo, ana)
    expect(cleo.room).toEqual(ana.room)
    expect(cleo.room).toBeDefined()
    const room = ana.room!.id
    const taking = nodes.nodes[1]!.adopt('ana', '', 1)
    await world.settle()
    await world.advance(250)
    expect(await settled(world, taking)).toBeDefined()
    const session = new ContractSession('ana', nodes.nodes[1]!, true)
    session.claim('cleo', room)
    await world.settle()
    expect(session.room?.id).toBe(room)
    for (const node of [0, 1]) nodes.recover(node)
    await world.settle()
    expect(['ana', 'cleo'].map((id) => shardsWith(id))).toEqual([[musicShard], [musicShard]])
    expect(cleo.room?.id).toBe(room)
  })

  test('a session that wants to go there stays in its former shard until it answers', async () => {
    const { world, nodes } = createShards()
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, home, ana, bob)
    nodes.fail(0, false, gamesShard)
    ana.enter({ lobby: games })
    await nodes.settle()
    expect([shardsWith('ana'), bob.room]).toEqual([[homeShard], undefined])
    expect(ana.take().at(-1)).toMatchObject({ type: 'unavailable' })
    world.errors.splice(0)
    nodes.recover(0)
    await enter(world, games, bob)
    expect(shardsWith('ana')).toEqual([gamesShard])
    expect(ana.room).toBeDefined()
    expect(bob.room).toEqual(ana.room)
  })

  test('a client can resume such a session again and again', async () => {
    const { world, nodes } = createShards()
    const [ana] = world.join('ana')
    await enter(world, home, ana)
    nodes.fail(0, false, gamesShard)
    ana.enter({ lobby: games })
    await nodes.settle()
    world.errors.splice(0)
    for (const welcomes of [1, 2]) {
      const confirmed = nodes.nodes[0]!.confirm('ana', welcomes)
      await world.settle()
      await confirmed
      ana.welcome(welcomes + 1)
    }
    expect(ana.isTaken).toBe(false)
  })

  test('a node that stops hands over a session from the shard that has it', async () => {
    const { world, nodes } = createShards()
    const [ana] = world.join('ana', 'bob')
    await enter(world, home, ana)
    nodes.fail(0, false, gamesShard)
    ana.enter({ lobby: games })
    await nodes.settle()
    world.errors.splice(0)
    ana.release()
    await world.settle()
    const taking = nodes.nodes[1]!.adopt('ana', '', 1)
    expect(await settled(world, taking)).toBeDefined()
  })

  test('a session that no other shard has is not continued, and not replaced either', async () => {
    const { world, nodes } = createShards()
    const [ana] = world.join('ana')
    await enter(world, games, ana)
    await pass(world, 3000)
    nodes.fail(1, false, gamesShard)
    await notice(world, nodes)
    await expect(settled(world, nodes.nodes[1]!.adopt('ana', '', 1))).rejects.toThrow(
      'a shard of Redis does not know yet whether it has the session',
    )
  })
})

describe.skipIf(missingRedisMessage)('with lobbies in several shards,', () => {
  test('restored sessions get their room back in the shard of its lobby', async () => {
    const { world } = createShards()
    const [ana, bob, cleo, dan] = world.joinRestored('ana', 'bob', 'cleo', 'dan')
    ana.claim('bob', 'former', games)
    await world.settle()
    expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
    bob.claim('ana', 'former', games)
    cleo.claim('dan', 'other', games)
    await world.settle()
    expect(ana.room).toMatchObject({ id: 'former', lobby: games })
    expect(bob.room).toEqual(ana.room)
    cleo.take()
    dan.claim(undefined)
    await world.settle()
    expect(cleo.take()).toEqual([{ type: 'parted', reason: 'lost' }])
    const [eve, finn] = world.joinRestored('eve', 'finn')
    eve.claim('finn', 'third', games)
    finn.claim('eve', 'third', games)
    await world.settle()
    expect(eve.room).toMatchObject({ id: 'third' })
    expect(finn.room).toEqual(eve.room)
  })

  test('the limits of a site and of an address count the sessions in all shards', async () => {
    const { world } = createShards()
    const place = { site: '', addressKey: 'one address' }
    const [ana, bob] = [await world.enroll('ana', place, {}), await world.enroll('bob', place, {})]
    await enter(world, games, ana)
    await enter(world, music, bob)
    expect(await settled(world, world.admit('cleo', place, { maxOfAddress: 2 }))).toEqual({
      full: 'address',
      excess: 0,
    })
    expect(await settled(world, world.admit('cleo', place, { maxOfSite: 1 }))).toEqual({
      full: 'site',
      excess: 1,
    })
    expect(
      await settled(world, world.admit('cleo', place, { maxOfSite: 3, maxOfAddress: 3 })),
    ).toBeUndefined()
    // A session that comes from another address keeps its place at the site, and stays in its shard.
    const moved = { site: '', addressKey: 'another address' }
    expect(
      await settled(world, world.admit('ana', moved, { maxOfSite: 1, maxOfAddress: 1 })),
    ).toBeUndefined()
    await pass(world, 1000)
    expect([shardsWith('ana'), world.engine.usersOf('')]).toEqual([[gamesShard], 3])
  })
})

describe.skipIf(missingRedisMessage)('with delayed and interleaved delivery,', () => {
  // The numbers of rooms in other shards may be slightly out of date.
  describeProperties(
    'the Redis engine with three shards',
    40,
    (...given) => createDelayedEngines(clients, ...given),
    [1000],
  )
})
