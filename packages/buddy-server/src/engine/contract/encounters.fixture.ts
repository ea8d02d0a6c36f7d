import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'

/** Which partner a report names. */
export function describeEncounters(createWorld: () => EngineWorld): void {
  describe('encounters', () => {
    const about = (partnerId: string) => ({ type: 'reported', encounter: { partnerId } })

    test('a report identifies the partner, during the room and after it', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      const roomId = ana.room!.id
      bob.report()
      bob.leave()
      await world.settle()
      ana.take()
      ana.report(roomId)
      await world.settle()
      expect(ana.take()).toEqual([
        {
          type: 'reported',
          reason: 'spam',
          asked: roomId,
          encounter: {
            roomId,
            partnerId: 'bob',
            partner: expect.objectContaining({ addressKey: 'address of bob' }),
            partnerKey: 'person bob',
            mode: 'video',
            lobby: 'ana and bob',
            isRepeated: false,
          },
        },
      ])
      expect(bob.take()).toMatchObject([about('ana')])
    })

    test('a report contains the latest address of a partner whose address changed before its session ended', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      ana.leave()
      bob.away()
      bob.back('another address')
      bob.end()
      await world.settle()
      ana.report()
      await world.settle()
      expect(ana.take()).toMatchObject([
        { encounter: { partnerId: 'bob', partner: { addressKey: 'another address' } } },
      ])
    })

    test('a second report of the same partner is marked as repeated, also in another room', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      const first = ana.room!.id
      for (const session of [ana, bob]) session.enter()
      await world.settle()
      ana.report()
      await world.settle()
      ana.take()
      for (const roomId of [null, first, ana.room!.id]) ana.report(roomId)
      await world.settle()
      const answer = { encounter: { partnerId: 'bob', isRepeated: true } }
      expect(ana.take()).toMatchObject([answer, answer, answer])
    })

    test('a report finds no partner in rooms of other sessions, in unknown rooms, or if there was no partner', async () => {
      const world = createWorld()
      const [ana] = await world.pair('ana', 'bob')
      const [cleo] = await world.pair('cleo', 'dan')
      const [eve] = world.join('eve')
      for (const roomId of [cleo.room!.id, 'unknown']) ana.report(roomId)
      eve.report()
      await world.settle()
      const unknown = { type: 'reported', encounter: undefined }
      expect(ana.take()).toMatchObject([unknown, unknown])
      expect(eve.take()).toMatchObject([unknown])
    })

    test('reports can name the last ten rooms, each for an hour', async () => {
      const world = createWorld()
      const [ana] = world.join('ana')
      const rooms: string[] = []
      for (let count = 0; count < 11; count++) {
        const partner = world.join(`partner ${count}`)[0]
        for (const session of [partner, ana]) {
          session.enter()
          await world.settle()
        }
        rooms.push(ana.room!.id)
        await world.advance(1000)
      }
      ana.leave()
      await world.advance(3_591_001)
      ana.take()
      for (const roomId of rooms) ana.report(roomId)
      await world.settle()
      const known = ana.take().map((event) => 'encounter' in event && event.encounter !== undefined)
      // The first of eleven rooms was dropped, and the second ended more than an hour ago.
      expect(known).toEqual([false, false, ...Array<boolean>(9).fill(true)])
    })

    test('a report of a claimed room identifies the partner before the partner has come back', async () => {
      const world = createWorld()
      const [ana] = world.joinRestored('ana')
      ana.claim('bob')
      ana.report()
      await world.settle()
      expect(ana.take().at(-1)).toMatchObject({
        encounter: { roomId: 'former', partnerId: 'bob', partner: undefined },
      })
    })
  })
}
