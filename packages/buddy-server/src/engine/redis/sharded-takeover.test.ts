// A session that has moved between shards comes to another node, or a shard does not answer.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import {
  beatMs,
  createShards,
  deadAfterMs,
  enter,
  games,
  gamesShard,
  home,
  homeShard,
  music,
  musicShard,
  notice,
  pass,
  settled,
  shardsWith,
  takeOver,
  useShards,
} from './sharded-world.fixture.ts'

const shards = useShards()

describe.skipIf(missingRedisMessage)('another node', () => {
  test('continues a session in the shard to which it has moved', async () => {
    const { world, nodes } = createShards(shards)
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
    expect([shardsWith(shards.server, 'ana'), bob.take().at(-1)]).toEqual([
      [musicShard],
      { type: 'parted', reason: 'next' },
    ])
  })

  test('finds no session that has ended', async () => {
    const { world, nodes } = createShards(shards)
    const [ana] = world.join('ana')
    await enter(world, games, ana)
    ana.end()
    // After this time all nodes have stated the sessions that a shard has lost.
    await pass(world, 3000)
    expect(await settled(world, nodes.nodes[1]!.adopt('ana', '', 1))).toBeUndefined()
  })

  test('leaves a session that has moved to the connection at which its client was welcomed last', async () => {
    const { world, nodes } = createShards(shards)
    const [ana] = world.join('ana')
    await enter(world, games, ana)
    ana.welcome(2)
    ana.confirmWelcome()
    await world.settle()
    expect(await settled(world, nodes.nodes[1]!.adopt('ana', '', 1))).toBe('elsewhere')
    expect(ana.isTaken).toBe(false)
  })

  test('finds a session whose node has died in the middle of a move, once, in the new shard', async () => {
    const { world, nodes } = createShards(shards)
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, home, ana, bob)
    bob.take()
    await pass(world, beatMs)
    // The node dies when the session has joined in the new shard and has not ended in the former one.
    nodes.fail(0, false, homeShard)
    ana.enter({ lobby: games })
    await nodes.settle()
    expect(shardsWith(shards.server, 'ana')).toEqual([homeShard, gamesShard].toSorted())
    nodes.hang(0)
    world.errors.splice(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.claim(undefined)
    await world.settle()
    expect(shardsWith(shards.server, 'ana')).toEqual([gamesShard])
    expect(bob.take()).toEqual([{ type: 'parted', reason: 'lost' }])
    await enter(world, games, bob, session)
    expect(session.room).toBeDefined()
    expect(bob.room).toEqual(session.room)
    nodes.recover(0)
    nodes.wake(0)
    await world.settle()
    expect([ana.isTaken, shardsWith(shards.server, 'ana')]).toEqual([true, [gamesShard]])
    expect(bob.room).toEqual(session.room)
  })

  // All that is left of the session is the token of its client.
  test.each([
    ['restores a session', 4000, { frames: [], received: undefined }],
    ['finds no session any more', 31_000, undefined],
  ])('%s that a former node has stated first after a loss of data', async (_, ageMs, result) => {
    const { world, nodes } = createShards(shards, 3)
    const [ana] = world.join('ana')
    await enter(world, games, ana)
    nodes.hang(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.welcome(2)
    session.confirmWelcome()
    session.claim()
    await world.settle()
    nodes.hang(1)
    shards.server.run('FLUSHALL')
    nodes.wake(0)
    await pass(world, ageMs)
    expect(shardsWith(shards.server, 'ana')).toEqual([gamesShard])
    expect(await settled(world, nodes.nodes[2]!.adopt('ana', '', 2))).toEqual(result)
    if (!result) return
    const restored = new ContractSession('ana', nodes.nodes[2]!, true)
    restored.claim()
    await world.settle()
    expect([ana.isTaken, restored.isTaken]).toEqual([true, false])
  })

  test('takes a session over where a client has come last, and not where a former node has moved it late', async () => {
    const { world, nodes } = createShards(shards, 3)
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
    expect(shardsWith(shards.server, 'ana')).toEqual([homeShard, gamesShard].toSorted())
    expect(await settled(world, nodes.nodes[2]!.adopt('ana', '', 1))).toBeDefined()
    expect([session.isTaken, shardsWith(shards.server, 'ana')]).toEqual([true, [homeShard]])
    nodes.recover(0)
    await world.settle()
    expect([ana.isTaken, shardsWith(shards.server, 'ana')]).toEqual([true, [homeShard]])
  })

  test('has a session for itself, although its former node continues after a move of the session', async () => {
    const { world, nodes } = createShards(shards)
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
    expect([ana.isTaken, shardsWith(shards.server, 'ana')]).toEqual([true, [gamesShard]])
    expect(bob.room).toEqual(session.room)
  })

  test('does not treat a session that has moved as ended, although it has ended in its former shard', async () => {
    const { world, nodes } = createShards(shards)
    const [ana] = world.join('ana')
    await enter(world, home, ana)
    await pass(world, beatMs)
    // Node 0 has no connection to the former shard.
    nodes.fail(0, false, homeShard)
    ana.enter({ lobby: games })
    for (let passed = 0; passed < deadAfterMs + 31_000; passed += beatMs) {
      await notice(world, nodes)
    }
    expect([shardsWith(shards.server, 'ana'), shardsWith(shards.server, 'ana', 'f')]).toEqual([
      [gamesShard],
      [homeShard],
    ])
    nodes.recover(0)
    await world.settle()
    nodes.fail(1, false, gamesShard)
    await notice(world, nodes)
    await expect(settled(world, nodes.nodes[1]!.adopt('ana', '', 1))).rejects.toThrow(
      'a shard of Redis does not know yet whether it has the session',
    )
  })

  test('ends the copy of a session that a former node has stated in its former shard after a loss of data', async () => {
    const { world, nodes } = createShards(shards)
    const [ana] = world.join('ana')
    await enter(world, home, ana)
    nodes.hang(0)
    const session = await takeOver(world, nodes, 'ana', 1)
    session.claim()
    await world.settle()
    nodes.fail(1, false, homeShard)
    session.enter({ lobby: games })
    await notice(world, nodes)
    shards.server.run('DEL', ...shards.server.run('KEYS', `*{${homeShard}}:*`).split('\n'))
    nodes.wake(0)
    await notice(world, nodes)
    expect(shardsWith(shards.server, 'ana')).toEqual([homeShard, gamesShard].toSorted())
    expect(ana.isTaken).toBe(false)
    nodes.recover(1)
    await world.settle()
    expect([ana.isTaken, session.isTaken]).toEqual([true, false])
    expect(shardsWith(shards.server, 'ana')).toEqual([gamesShard])
  })

  test('keeps a session that its former node moves late', async () => {
    const { world, nodes } = createShards(shards)
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
    expect([ana.isTaken, shardsWith(shards.server, 'ana')]).toEqual([true, [homeShard]])
    expect(bob.take()).toEqual([])
    await enter(world, games, session)
    expect(bob.room).toEqual(session.room)
    expect(session.room).toBeDefined()
  })
})

describe.skipIf(missingRedisMessage)('if the Redis of one shard does not answer,', () => {
  test('users of a lobby in another shard meet, change the lobby, and come to another node', async () => {
    const { world, nodes } = createShards(shards)
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
    expect(['ana', 'cleo'].map((id) => shardsWith(shards.server, id))).toEqual([
      [musicShard],
      [musicShard],
    ])
    expect(cleo.room?.id).toBe(room)
  })

  test('a session with a ticket for a lobby of that shard stays in its former shard until that shard answers', async () => {
    const { world, nodes } = createShards(shards)
    const [ana, bob] = world.join('ana', 'bob')
    await enter(world, home, ana, bob)
    nodes.fail(0, false, gamesShard)
    ana.enter({ lobby: games })
    await nodes.settle()
    expect([shardsWith(shards.server, 'ana'), bob.room]).toEqual([[homeShard], undefined])
    expect(ana.take().at(-1)).toMatchObject({ type: 'unavailable' })
    world.errors.splice(0)
    nodes.recover(0)
    await enter(world, games, bob)
    expect(shardsWith(shards.server, 'ana')).toEqual([gamesShard])
    expect(ana.room).toBeDefined()
    expect(bob.room).toEqual(ana.room)
  })

  test('a client can resume such a session again and again', async () => {
    const { world, nodes } = createShards(shards)
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
    const { world, nodes } = createShards(shards)
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

  test('a session that no other shard has is not continued, and its client gets no new session', async () => {
    const { world, nodes } = createShards(shards)
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
