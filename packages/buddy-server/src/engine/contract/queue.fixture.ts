import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'

/** Which tickets are queued and matched, and when. */
export function describeQueue(createWorld: () => EngineWorld): void {
  describe('the queue', () => {
    test('queues a ticket if no compatible ticket waits, and matches it when one arrives', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({ interests: ['Jazz', 'tea'] })
      await world.settle()
      expect(ana.take()).toEqual([{ type: 'queued' }])
      expect(world.engine.counts).toMatchObject({ waiting: 1, rooms: 0 })
      bob.enter({ interests: ['jazz', 'chess'] })
      await world.settle()
      const { room } = ana
      expect(room).toMatchObject({ site: '', lobby: '', mode: 'video', openedAtMs: 0 })
      expect(room?.seats.map(({ sessionId }) => sessionId)).toEqual(['ana', 'bob'])
      expect(room?.seats.map(({ name: shown }) => shown)).toEqual(['name of ana', 'name of bob'])
      const matched = { type: 'matched', room, languages: [], isOffered: false, isRematch: false }
      expect(ana.take()).toEqual([{ ...matched, seat: 0, interests: ['Jazz'] }])
      expect(bob.take()).toEqual([{ ...matched, seat: 1, interests: ['jazz'] }])
      expect(world.engine.counts).toMatchObject({ waiting: 0, rooms: 1 })
    })

    test.each([{ site: 'other' }, { lobby: 'other' }, { mode: 'audio' as const }])(
      'does not match tickets that differ in %o',
      async (difference) => {
        const world = createWorld()
        const [ana, bob] = world.join('ana', 'bob')
        ana.enter()
        bob.enter(difference)
        await world.settle()
        expect([ana.take(), bob.take()]).toEqual([[{ type: 'queued' }], [{ type: 'queued' }]])
      },
    )

    test('matches the ticket that has waited longest', async () => {
      const world = createWorld()
      world.maxRooms = 0
      const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
      for (const session of [ana, bob, cleo]) {
        session.enter()
        await world.advance(1)
      }
      world.maxRooms = 1
      void world.engine.reload()
      await world.settle()
      expect([ana, bob, cleo].map(({ room }) => room !== undefined)).toEqual([true, true, false])
    })

    test('relays an offer to the waiting partner as its first frame', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter()
      await world.settle()
      bob.enter({}, Uint8Array.of(1, 2))
      await world.settle()
      bob.pass(3)
      await world.settle()
      expect(ana.frames).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)])
      expect(
        [ana, bob].map(({ events }) => events.find(({ type }) => type === 'matched')),
      ).toMatchObject([{ isOffered: true }, { isOffered: true }])
    })

    test('drops an offer if no partner is waiting', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({}, Uint8Array.of(1))
      await world.settle()
      bob.enter()
      await world.settle()
      expect([ana.frames, bob.frames]).toEqual([[], []])
      expect(bob.take()).toMatchObject([{ isOffered: false }])
    })

    test('does not match the ticket of a session that has left', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter()
      ana.leave()
      await world.settle()
      bob.enter()
      await world.settle()
      expect([ana.room, bob.take()]).toEqual([undefined, [{ type: 'queued' }]])
      expect(world.engine.counts).toMatchObject({ waiting: 1, rooms: 0 })
    })

    test('replaces the ticket of a session that enters again', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({ lobby: 'one' })
      ana.enter({ lobby: 'two' })
      await world.settle()
      bob.enter({ lobby: 'one' })
      await world.settle()
      expect([ana.room, bob.room]).toEqual([undefined, undefined])
      expect(world.engine.counts).toMatchObject({ waiting: 2, rooms: 0 })
    })

    test('does not match a session that is away, and queues it again when it is back', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter()
      await world.settle()
      ana.away()
      await world.settle()
      bob.enter()
      await world.settle()
      expect([world.engine.counts.waiting, bob.take()]).toEqual([1, [{ type: 'queued' }]])
      ana.take()
      ana.back()
      await world.settle()
      expect(ana.take()).toMatchObject([{ type: 'matched', seat: 1 }])
      expect(bob.take()).toMatchObject([{ type: 'matched', seat: 0 }])
    })

    test('does not queue a ticket that a session enters while it is away, until it is back', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.away()
      ana.enter()
      bob.enter()
      await world.settle()
      expect([ana.take(), bob.take()]).toEqual([[], [{ type: 'queued' }]])
      ana.back()
      await world.settle()
      expect(ana.take()).toMatchObject([{ type: 'matched' }])
    })

    test('matches two former partners again only after the rematch delay', async () => {
      const world = createWorld()
      world.rematchDelayMs = 1000
      const [ana, bob] = await world.pair('ana', 'bob')
      ana.enter()
      bob.enter()
      await world.advance(999)
      expect([ana.room, bob.room]).toEqual([undefined, undefined])
      await world.advance(1)
      expect(ana.room).toBeDefined()
      expect(bob.room).toEqual(ana.room)
    })
  })
}
