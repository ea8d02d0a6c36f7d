import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'

/** The lobby of the pair. The numbers of rooms in other lobbies may be slightly out of date. */
const lobby = 'ana and bob'
const lost = { type: 'parted', reason: 'lost' }

/** What happens in a room, and how it ends. */
export function describeRooms(createWorld: () => EngineWorld): void {
  describe('rooms', () => {
    test('a room relays frames in order, all of them before the event that it has ended', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      for (let frame = 0; frame < 20; frame++) ana.pass(frame)
      ana.leave('left')
      await world.settle()
      expect(bob.take()).toEqual([
        ...Array.from({ length: 20 }, (_, frame) => ({
          type: 'frame',
          frame: Uint8Array.of(frame),
        })),
        { type: 'parted', reason: 'left' },
      ])
      expect(ana.take()).toEqual([])
    })

    test('a room ends when a session leaves, and the partner receives the reason', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      const { room } = ana
      await world.advance(1500)
      ana.leave('left')
      await world.settle()
      expect(bob.take()).toEqual([{ type: 'parted', reason: 'left' }])
      expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 0 })
      expect(world.observed).toEqual([
        ['opened', room, [0, 0]],
        ['ended', room, 'ana', 'left', 1500],
      ])
    })

    test('a room ends with `next` when one of its sessions enters the queue again', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      ana.enter({ lobby: 'elsewhere' })
      await world.settle()
      expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
      expect(ana.take()).toEqual([{ type: 'queued' }])
    })

    test('a room ends when one of its sessions ends', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      ana.end('lost')
      await world.settle()
      expect(bob.take()).toEqual([lost])
      expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 0 })
    })

    test('the partner of a session that leaves as soon as it is matched receives `matched`, then `parted`', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.onEvent = ({ type }) => type === 'matched' && ana.leave()
      ana.enter()
      await world.settle()
      bob.enter()
      await world.settle()
      expect(bob.take().slice(-2)).toMatchObject([{ type: 'matched' }, { type: 'parted' }])
      expect([ana.room, bob.room]).toEqual([undefined, undefined])
    })

    test('a room drops frames for a partner that has left', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      bob.leave()
      ana.pass(1)
      await world.settle()
      expect(bob.take()).toEqual([])
    })

    test('a room continues while a session is away, and the partner receives each change of presence', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      const { room } = ana
      ana.away()
      bob.pass(1)
      await world.settle()
      expect(bob.take()).toEqual([{ type: 'presence', isPresent: false }])
      ana.back()
      await world.settle()
      expect(bob.take()).toEqual([{ type: 'presence', isPresent: true }])
      expect([ana.frames, ana.room, bob.room]).toEqual([[Uint8Array.of(1)], room, room])
    })

    test.each([0, 1])(
      'the end of a room is reported if the session in seat %i ends',
      async (seat) => {
        const world = createWorld()
        const pair = await world.pair('ana', 'bob')
        const { room } = pair[0]
        pair[seat]!.end()
        await world.settle()
        const leaver = ['ana', 'bob'][seat]
        expect(world.observed.slice(1)).toEqual([['ended', room, leaver, 'left', 0]])
      },
    )

    test('compatible tickets wait while the maximum number of rooms is open', async () => {
      const world = createWorld()
      world.maxRooms = 1
      const [ana] = await world.pair('ana', 'bob')
      const [cleo, dan] = world.join('cleo', 'dan')
      cleo.enter({ lobby })
      dan.enter({ lobby })
      await world.settle()
      expect(world.engine.counts).toMatchObject({ waiting: 2, rooms: 1 })
      ana.leave()
      await world.settle()
      expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 1 })
      expect(cleo.room).toBeDefined()
      expect(dan.room).toEqual(cleo.room)
    })

    test('all waiting tickets are matched after the maximum number of rooms was raised', async () => {
      const world = createWorld()
      world.maxRooms = 0
      const ids = Array.from({ length: 100 }, (_, number) => `user ${number}`)
      for (const session of world.join(...ids)) session.enter()
      await world.settle()
      expect(world.engine.counts).toMatchObject({ waiting: 100, rooms: 0 })
      world.maxRooms = 50
      const reloaded = world.engine.reload()
      await world.settle()
      await reloaded
      expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 50 })
    })

    test('a room ends if both sessions have been away for 5 s and other tickets need the room', async () => {
      const world = createWorld()
      world.maxRooms = 1
      const [ana, bob] = await world.pair('ana', 'bob')
      for (const session of [ana, bob]) session.away()
      await world.settle()
      for (const session of [ana, bob]) session.take()
      const [cleo, dan] = world.join('cleo', 'dan')
      cleo.enter({ lobby })
      dan.enter({ lobby })
      await world.advance(4999)
      expect(cleo.room).toBeUndefined()
      await world.advance(1)
      expect(cleo.room).toBeDefined()
      expect(dan.room).toEqual(cleo.room)
      const events = [{ type: 'abandoned' }, lost]
      expect([ana.take(), bob.take()]).toEqual([events, events])
    })

    test('a room does not end for other tickets if one of its sessions has come back', async () => {
      const world = createWorld()
      world.maxRooms = 1
      const [ana, bob] = await world.pair('ana', 'bob')
      for (const session of [ana, bob]) session.away()
      await world.advance(5000)
      ana.back()
      await world.settle()
      const [cleo, dan] = world.join('cleo', 'dan')
      cleo.enter({ lobby })
      dan.enter({ lobby })
      await world.advance(5000)
      expect(cleo.room).toBeUndefined()
      expect(ana.room).toBeDefined()
    })

    test('a sweep ends rooms in which both sessions have been away for at least the given time', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      ana.away()
      await world.advance(10)
      bob.away()
      await world.advance(90)
      await world.engine.sweep(91)
      await world.settle()
      expect(ana.room).toBeDefined()
      await world.engine.sweep(90)
      await world.settle()
      expect([ana, bob].map((session) => session.take().at(-1))).toEqual([lost, lost])
      expect(world.engine.counts.rooms).toBe(0)
      // Both sessions were away, so seat 0 counts as the one that has left.
      expect(world.observed.at(-1)).toMatchObject(['ended', {}, 'ana', 'lost', 100])
    })
  })
}
