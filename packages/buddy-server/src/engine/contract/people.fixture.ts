import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'
import { ContractSession } from '../engine-world.fixture.ts'

/** Who is not matched again: recent and blocked partners, the other sessions of a person; and the fair share. */
export function describePeople(createWorld: () => EngineWorld): void {
  describe('people', () => {
    test('two people who have met avoid each other while another person is present', async () => {
      const world = createWorld()
      world.avoidRecentMs = 600_000
      world.rematchDelayMs = 1000
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      for (const session of [ana, bob, cleo, dan]) {
        session.enter()
        await world.settle()
      }
      expect(ana.room).toEqual(bob.room)
      for (const session of [ana, bob]) session.enter()
      await world.advance(100_000)
      // Ana and Bob have not met Cleo and Dan, who are in a room.
      expect([ana.room, bob.room]).toEqual([undefined, undefined])
      expect([ana, bob].map(({ search }) => search?.obstacle)).toEqual([
        'known-people',
        'known-people',
      ])
      cleo.leave()
      dan.leave()
      await world.advance(100)
      expect(ana.room).toBeDefined()
      expect(ana.room).toEqual(bob.room)
      expect(ana.take().at(-1)).toMatchObject({ type: 'matched', isRematch: true })
    })

    test('two people who have met may meet again after the time', async () => {
      const world = createWorld()
      world.avoidRecentMs = 60_000
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      for (const session of [ana, bob, cleo, dan]) {
        session.enter()
        await world.settle()
      }
      for (const session of [ana, bob]) session.enter()
      await world.advance(59_999)
      expect(ana.room).toBeUndefined()
      await world.advance(1)
      expect(ana.take().at(-1)).toMatchObject({ type: 'matched', isRematch: false })
    })

    test('a pair is dropped only when both have met enough others', async () => {
      const world = createWorld()
      world.avoidRecentMs = 600_000
      world.avoidRecentCount = 2
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      cleo.enter({ mode: 'text' })
      dan.enter({ mode: 'text' })
      const meet = async (
        one: ContractSession,
        other: ContractSession,
        lobby: string,
      ): Promise<void> => {
        for (const session of [one, other]) session.enter({ lobby })
        await world.settle()
        expect(one.room).toEqual(other.room)
      }
      await meet(ana, bob, 'first')
      for (const number of [1, 2, 3]) await meet(ana, world.join(`x${number}`)[0], `a${number}`)
      // A person is present whom neither has met.
      const others = world.join('eve', 'fay')
      others[0].enter()
      others[1].enter()
      await world.settle()
      for (const session of [ana, bob]) session.enter()
      await world.settle()
      expect(ana.room).toBeUndefined()
      for (const number of [1, 2, 3]) await meet(bob, world.join(`y${number}`)[0], `b${number}`)
      bob.enter()
      await world.settle()
      expect(ana.room).toBeDefined()
      expect(ana.room).toEqual(bob.room)
    })

    test('matches two sessions of one person only while no other person is present', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      const second = new ContractSession('second', world.engine, false, 'person ana')
      // Bob shares no interest with them, and so waits too.
      bob.enter({ interests: ['go'], interestKeys: ['go'], keepsInterests: true })
      await world.settle()
      ana.enter()
      second.enter()
      await world.advance(1_000_000)
      expect([ana.room, second.room]).toEqual([undefined, undefined])
      for (const session of [bob, ana, second]) session.leave()
      await world.settle()
      ana.enter()
      await world.settle()
      second.enter()
      await world.settle()
      expect(ana.room).toBeDefined()
      expect(ana.room).toEqual(second.room)
    })

    test.each(['block', 'report'] as const)(
      'after a %s two people never meet again, also in other sessions and after a restart',
      async (command) => {
        const world = createWorld()
        const [ana, bob] = await world.pair('ana', 'bob')
        if (command === 'block') ana.block(ana.room!.id)
        else ana.report(ana.room!.id)
        await world.settle()
        if (command === 'block') expect(ana.take()).toEqual([{ type: 'blocked', isKnown: true }])
        // The room continues until the session leaves it.
        expect(bob.room).toEqual(ana.room)
        const pair = world.pairs.find(([kind]) => kind === 'blocked')
        expect(pair!.slice(1, 3).toSorted()).toEqual(['person ana', 'person bob'])
        for (const session of [ana, bob]) session.end()
        await world.settle()
        const second = new ContractSession('second', world.engine, false, 'person ana')
        const [other] = [new ContractSession('other', world.engine, false, 'person bob')]
        for (const session of [second, other!]) session.enter()
        await world.advance(900_000)
        expect([second.room, other!.room]).toEqual([undefined, undefined])
        expect(second.search).toMatchObject({ obstacle: 'known-people' })
        const later = createWorld()
        later.engine.pairs.add(...pair!)
        const [again, partner] = later.join('ana', 'bob')
        again.enter()
        partner.enter()
        await later.advance(900_000)
        expect([again.room, partner.room]).toEqual([undefined, undefined])
      },
    )

    test('a block that names a room of others, or a room from too long ago, is refused', async () => {
      const world = createWorld()
      const [ana, bob] = await world.pair('ana', 'bob')
      const [cleo] = await world.pair('cleo', 'dan')
      ana.block(cleo.room!.id)
      await world.settle()
      expect(ana.take()).toEqual([{ type: 'blocked', isKnown: false }])
      for (const session of [ana, cleo]) session.enter({ lobby: 'new' })
      await world.settle()
      expect(ana.room).toEqual(cleo.room)
      expect(bob.room).toBeUndefined()
    })
  })
}
