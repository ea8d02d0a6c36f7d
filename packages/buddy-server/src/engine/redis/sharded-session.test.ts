// A session moves between shards, with a real server.
import { describe, expect, test } from 'vitest'
import { packValue, unpackValue } from '../../codec.ts'
import { describeProperties } from '../engine-properties.fixture.ts'
import { EngineWorld } from '../engine-world.fixture.ts'
import { createDelayedEngines, createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import {
  createShards,
  enter,
  games,
  gamesShard,
  home,
  homeShard,
  music,
  musicShard,
  pass,
  settled,
  shardsWith,
  useShards,
} from './sharded-world.fixture.ts'
import type { CallAnswer } from './wire.ts'

const shards = useShards()

describe.skipIf(missingRedisMessage)('a session that changes its lobby', () => {
  test('is in the shard of its latest ticket only, and its former partner is parted at once', async () => {
    const { world } = createShards(shards)
    const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
    await enter(world, home, ana, bob)
    await enter(world, games, cleo)
    expect([shardsWith(shards.server, 'ana'), shardsWith(shards.server, 'cleo')]).toEqual([
      [homeShard],
      [gamesShard],
    ])
    bob.take()
    await enter(world, games, ana)
    expect(ana.room).toMatchObject({ lobby: games })
    expect(cleo.room).toEqual(ana.room)
    expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
    expect([shardsWith(shards.server, 'ana'), shardsWith(shards.server, 'ana', 'f')]).toEqual([
      [gamesShard],
      [homeShard],
    ])
    // Nobody can report Cleo, who has met nobody in her first shard.
    const keptMs = ['ana', 'cleo'].map((id) => {
      const key = shards.server.run('KEYS', `*{${homeShard}}:*:f:${id}`).trim()
      return Number(shards.server.run('PTTL', key))
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
    const { world } = createShards(shards)
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
    expect(shardsWith(shards.server, 'ana')).toEqual([musicShard])
    expect(bob.room).toBeUndefined()
  })

  test('continues the numbers of the changes of its place when it comes back to a shard', async () => {
    const link = shards.clients[0]!.link({
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
    const { world } = createShards(shards)
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, games, bob)
    ana.away()
    await enter(world, games, ana)
    expect([ana.room, shardsWith(shards.server, 'ana')]).toEqual([undefined, [gamesShard]])
    ana.back()
    await world.settle()
    expect(ana.room).toBeDefined()
    expect(bob.room).toEqual(ana.room)
  })

  test('may leave, lose its connection or end before the move has ended', async () => {
    const { world } = createShards(shards)
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
    expect(['ana', 'bob', 'cleo'].map((id) => shardsWith(shards.server, id))).toEqual([
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
    const { world, nodes } = createShards(shards)
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

  test('is not queued for a shard that does not answer, where it would take the place of blocks', async () => {
    shards.server.run('FLUSHALL')
    const isMet = (payload: Uint8Array): boolean =>
      Buffer.from(payload).includes(Buffer.from(packValue('met')))
    let calls = 0
    const counted = shards.clients.map((client) => ({
      link: (...options: Parameters<typeof client.link>) => {
        const link = client.link(...options)
        return {
          ready: () => link.ready(),
          publish: (...message: Parameters<typeof link.publish>) => link.publish(...message),
          call: (payload: Uint8Array) => {
            if (isMet(payload)) calls++
            return link.call(payload)
          },
        }
      },
    }))
    let nodes: ReturnType<typeof createRedisEngines>
    const world = new EngineWorld((given) => (nodes = createRedisEngines(counted, 1, given)))
    world.avoidRecentMs = 60_000
    const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
    await enter(world, home, ana, bob, cleo, ana)
    expect(cleo.room).toEqual(ana.room)
    nodes!.fail(0, false, gamesShard)
    ana.enter({ lobby: games })
    await nodes!.settle()
    world.errors.splice(0)
    nodes!.recover(0)
    await world.settle()
    expect(calls).toBe(0)
    await enter(world, music, ana)
    expect(calls).toBe(1)
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

describe.skipIf(missingRedisMessage)('with lobbies in several shards,', () => {
  test('restored sessions get their room back in the shard of its lobby', async () => {
    const { world } = createShards(shards)
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
    const { world } = createShards(shards)
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
    expect([shardsWith(shards.server, 'ana'), world.engine.usersOf('')]).toEqual([[gamesShard], 3])
  })
})

describe.skipIf(missingRedisMessage)('with delayed and interleaved delivery,', () => {
  // The numbers of rooms in other shards may be slightly out of date.
  describeProperties(
    'the Redis engine with three shards',
    40,
    (...given) => createDelayedEngines(shards.clients, ...given),
    [1000],
  )
})
