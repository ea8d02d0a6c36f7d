import { describe, expect, test } from 'vitest'
import type { ContractSession, EngineWorld } from '../engine-world.fixture.ts'

const lost = { type: 'parted', reason: 'lost' }

/** Returns two restored sessions that had a room. The first one has claimed it, and waits for the second. */
async function joinClaimed(
  world: EngineWorld,
): Promise<readonly [ana: ContractSession, bob: ContractSession]> {
  const [ana, bob] = world.joinRestored('ana', 'bob')
  ana.claim('bob')
  await world.settle()
  expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
  return [ana, bob]
}

/** How restored sessions get the room back that they had before a restart. */
export function describeClaims(createWorld: () => EngineWorld): void {
  describe('claims', () => {
    test('a room is restored when both sessions have claimed it', async () => {
      const world = createWorld()
      const [ana, bob] = world.joinRestored('ana', 'bob')
      await world.advance(100)
      ana.claim('bob')
      await world.settle()
      expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
      bob.claim('ana')
      await world.settle()
      const { room } = ana
      expect(room).toMatchObject({ id: 'former', lobby: '', mode: 'video', openedAtMs: 0 })
      const restored = { type: 'restored', room, isPartnerPresent: true }
      expect(ana.take()).toEqual([{ ...restored, seat: 0 }])
      expect(bob.take()).toEqual([{ ...restored, seat: 1 }])
      ana.pass(1)
      await world.settle()
      expect(bob.frames).toEqual([Uint8Array.of(1)])
      ana.leave()
      await world.settle()
      expect(world.observed).toEqual([
        ['restored', room],
        ['ended', room, 'ana', 'left', 100],
      ])
    })

    test('a claim fails when sessions can no longer be restored', async () => {
      const world = createWorld()
      const [ana] = world.joinRestored('ana')
      ana.claim('bob')
      await world.advance(29_999)
      expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
      await world.advance(1)
      expect(ana.take()).toEqual([lost])
    })

    test.each([
      ['no room', undefined],
      ['another room', 'another'],
    ])('a claim fails when the partner comes back and claims %s', async (_, roomId) => {
      const world = createWorld()
      const [ana, bob] = await joinClaimed(world)
      bob.claim(roomId && 'ana', roomId)
      await world.settle()
      expect(ana.take()).toEqual([lost])
      // The claim of bob fails too, because ana has joined and did not claim that room.
      expect(bob.take()).toEqual(roomId === undefined ? [] : [lost])
    })

    test('a room is restored even if the second session is away when it claims the room', async () => {
      const world = createWorld()
      const [ana, bob] = await joinClaimed(world)
      bob.away()
      bob.claim('ana')
      await world.settle()
      expect(ana.take().at(-1)).toMatchObject({ type: 'restored', isPartnerPresent: false })
      expect(bob.take()).toMatchObject([{ type: 'restored', isPartnerPresent: true }])
    })

    test('a room is not restored for a third session that claims the same partner', async () => {
      const world = createWorld()
      const [ana, bob, eve] = world.joinRestored('ana', 'bob', 'eve')
      for (const session of [eve, ana]) session.claim('bob')
      await world.settle()
      bob.claim('ana')
      await world.settle()
      expect(eve.take().at(-1)).toEqual(lost)
      expect(ana.room).toBeDefined()
      expect(bob.room).toEqual(ana.room)
    })

    test('a room is restored if both sessions claim it at the same time', async () => {
      const world = createWorld()
      const [ana, bob] = world.joinRestored('ana', 'bob')
      ana.claim('bob')
      bob.claim('ana')
      await world.settle()
      expect(ana.room).toBeDefined()
      expect(bob.room).toEqual(ana.room)
    })

    test('a claim fails if the session of the partner ends before it has claimed a room', async () => {
      const world = createWorld()
      const [ana, bob] = await joinClaimed(world)
      bob.end('lost')
      await world.settle()
      expect(ana.take()).toEqual([lost])
    })

    test.each([
      ['the partner claims another room', 0],
      ['the time to restore sessions is over', 30_000],
    ])('a session receives nothing about a claim that it has left, when %s', async (_, waitMs) => {
      const world = createWorld()
      const [ana, bob] = world.joinRestored('ana', 'bob')
      ana.claim('bob')
      ana.enter()
      await world.advance(waitMs)
      bob.claim('ana', 'another')
      await world.settle()
      expect(ana.take().at(-1)).toEqual({ type: 'queued' })
      expect(world.engine.counts.waiting).toBe(1)
    })

    test('a partner that claims the room after the session has left it receives the reason', async () => {
      const world = createWorld()
      const [ana, bob] = await joinClaimed(world)
      ana.enter()
      await world.settle()
      bob.claim('ana')
      await world.settle()
      expect(bob.take()).toEqual([{ type: 'parted', reason: 'next' }])
      expect(ana.take().at(-1)).toEqual({ type: 'queued' })
    })

    test('a claim fails if the maximum number of rooms is open', async () => {
      const world = createWorld()
      world.maxRooms = 1
      // In the lobby of the claimed room.
      for (const session of world.join('cleo', 'dan').slice(0, 2)) session.enter()
      await world.settle()
      const [ana, bob] = await joinClaimed(world)
      bob.claim('ana')
      await world.settle()
      expect([ana.take().at(-1), bob.take()]).toEqual([lost, [lost]])
    })
  })
}
