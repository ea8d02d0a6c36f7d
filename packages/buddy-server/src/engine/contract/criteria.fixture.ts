import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'

/** Which tickets fit each other: interests, languages, regions, asks, bands. */
export function describeCriteria(createWorld: () => EngineWorld): void {
  describe('criteria', () => {
    const chess = { interests: ['chess'] }
    const go = { interests: ['go'] }

    test('matches the ticket with most interests in common, then the one that has waited longest', async () => {
      const world = createWorld()
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      for (const [session, interests] of [
        [ana, ['chess']],
        [bob, ['go', 'jazz']],
        [cleo, ['jazz', 'tea']],
      ] as const) {
        // They keep different languages, so none of them meets another.
        session.enter({ interests, languages: [session.id], keepsLanguages: true })
        await world.advance(1)
      }
      dan.enter({ interests: ['tea', 'jazz', 'chess', 'go'] })
      await world.settle()
      expect(dan.room).toEqual(bob.room)
      expect(dan.take()).toMatchObject([{ interests: ['jazz', 'go'] }])
      const [eve] = world.join('eve')
      eve.enter({ interests: ['tea', 'chess'] })
      await world.settle()
      expect(eve.room).toEqual(ana.room)
    })

    test('matches tickets without a common interest when both have widened', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter(chess)
      await world.advance(1000)
      bob.enter(go)
      await world.settle()
      expect(bob.search).toMatchObject({ interests: ['go'], widensInMs: 8000, obstacle: 'none' })
      await world.advance(7000)
      expect(ana.search).toMatchObject({ interests: [], widensInMs: null })
      await world.advance(999)
      expect(ana.room).toBeUndefined()
      await world.advance(1)
      expect(ana.room).toBeDefined()
      expect(bob.room).toEqual(ana.room)
    })

    test('matches tickets without a common language when both have widened', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({ languages: ['pl'] })
      bob.enter({ languages: ['en', 'de'] })
      await world.advance(11_999)
      expect([ana.room, bob.search]).toMatchObject([undefined, { languages: ['en', 'de'] }])
      await world.advance(1)
      expect(ana.room).toBeDefined()
    })

    test('requires a partner of the same region, and accepts any when both have widened', async () => {
      const world = createWorld()
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      ana.enter({ region: 'eu' })
      await world.advance(1000)
      bob.enter({ region: 'asia' })
      await world.advance(3999)
      expect([ana.room, bob.search]).toMatchObject([undefined, { widensInMs: null }])
      // Ana has widened, and accepts a partner of any region that accepts any too.
      cleo.enter({ region: 'eu' })
      await world.settle()
      expect(ana.room).toBeDefined()
      expect(cleo.room).toEqual(ana.room)
      dan.enter()
      await world.settle()
      expect(dan.room).toBeUndefined()
      await world.advance(1)
      expect(bob.room).toBeDefined()
      expect(dan.room).toEqual(bob.room)
    })

    test('prefers the own region among tickets with equally many common interests', async () => {
      const world = createWorld()
      const sessions = world.join('ana', 'bob', 'cleo', 'dan')
      const regions = ['asia', 'eu', 'asia', 'eu']
      for (const [index, session] of sessions.entries()) {
        // They keep different languages, so none of them meets another.
        const interests = index === 2 ? ['go', 'tea'] : ['go']
        const region = regions[index]!
        session.enter({ region, interests, languages: [session.id], keepsLanguages: true })
        await world.advance(1)
      }
      await world.advance(4000)
      const [ana, bob, cleo] = sessions
      const [eve, finn] = world.join('eve', 'finn')
      // They search first when they have been slowed so long that they accept any region.
      const slowed = { region: 'eu', delayMs: 4000 }
      eve.enter({ ...slowed, interests: ['go'] })
      await world.advance(4000)
      expect(eve.room).toBeDefined()
      expect(bob.room).toEqual(eve.room)
      finn.enter({ ...slowed, interests: ['go', 'tea'] })
      await world.advance(4000)
      expect(finn.room).toBeDefined()
      expect(cleo.room).toEqual(finn.room)
      expect(ana.room).toBeUndefined()
    })

    test('never widens what a ticket keeps', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({ ...chess, keepsInterests: true, languages: ['pl'], keepsLanguages: true })
      bob.enter()
      await world.advance(1_000_000)
      expect(ana.room).toBeUndefined()
      expect(ana.search).toMatchObject({
        interests: ['chess'],
        languages: ['pl'],
        widensInMs: null,
      })
    })

    test('matches asks only with attributes that satisfy them, in both directions', async () => {
      const world = createWorld()
      const asks = [{ attribute: 'verified', values: ['yes'] }]
      const attributes = { verified: 'yes' }
      const [ana, bob, cleo, dan] = world.join('ana', 'bob', 'cleo', 'dan')
      ana.enter({ asks })
      await world.advance(1)
      bob.enter()
      cleo.enter({ asks, attributes: { verified: 'no' } })
      await world.advance(1_000_000)
      expect([ana.room, bob.room, cleo.room]).toEqual([undefined, undefined, undefined])
      dan.enter({ asks, attributes })
      await world.settle()
      // No waiting ticket has the attribute that Dan asks for.
      expect(dan.room).toBeUndefined()
      const [eve] = world.join('eve')
      eve.enter({ attributes })
      await world.settle()
      expect(eve.room).toBeDefined()
      expect(ana.room).toEqual(eve.room)
    })

    test('never matches tickets of different bands', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({ band: 'adult' })
      bob.enter({ band: 'minor' })
      await world.advance(1_000_000)
      expect([ana.room, ana.search]).toMatchObject([undefined, { obstacle: 'few-people' }])
    })

    test('a ticket that is changed keeps its place, and is matched at once if that is possible', async () => {
      const world = createWorld()
      const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
      ana.enter({ ...chess, languages: ['pl'], keepsLanguages: true })
      await world.advance(1000)
      bob.enter({ ...go, languages: ['en'], keepsLanguages: true, keepsInterests: true })
      await world.settle()
      ana.change(go)
      await world.settle()
      expect(ana.search).toMatchObject({ interests: ['go'], widensInMs: 8000 })
      cleo.enter(go)
      await world.settle()
      expect(cleo.room).toEqual(ana.room)
      const [dan] = world.join('dan')
      dan.enter(chess)
      await world.settle()
      dan.change({ interests: ['tea', 'go'] })
      await world.settle()
      expect(dan.take().at(-1)).toMatchObject({ type: 'matched', seat: 1, interests: ['go'] })
      expect(bob.room).toEqual(dan.room)
    })

    test('a change does not affect a match that was made before', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter(chess)
      await world.settle()
      bob.enter(chess)
      ana.change({ ...go, keepsInterests: true })
      await world.settle()
      expect(ana.room === undefined).toBe(bob.room === undefined)
      expect(ana.room).toEqual(bob.room)
    })

    test('a ticket with a delay is matched only after it', async () => {
      const world = createWorld()
      const [ana, bob] = world.join('ana', 'bob')
      ana.enter({ delayMs: 5000 })
      bob.enter()
      await world.advance(4999)
      expect([ana.room, ana.take()]).toEqual([undefined, [{ type: 'queued' }]])
      await world.advance(1)
      expect(ana.room).toBeDefined()
    })

    test('a ticket keeps its place while its session is away', async () => {
      const world = createWorld()
      const [ana, bob, cleo] = world.join('ana', 'bob', 'cleo')
      for (const session of [ana, bob]) {
        session.enter({ languages: [session.id], keepsLanguages: true })
        await world.advance(1)
      }
      ana.away()
      await world.advance(100)
      ana.back()
      await world.settle()
      cleo.enter()
      await world.settle()
      expect(cleo.room).toEqual(ana.room)
      expect(bob.room).toBeUndefined()
    })

    test('reports to a search the number of present sessions, and recent waits', async () => {
      const world = createWorld()
      const [ana] = world.join('ana')
      ana.enter()
      await world.settle()
      const alone = { online: 1, estimateMs: null, obstacle: 'few-people' }
      expect(ana.search).toMatchObject(alone)
      for (const waitMs of [3000, 1000, 2000, 4000]) {
        const [partner] = world.join(`partner ${waitMs}`)
        await world.advance(waitMs)
        partner.enter()
        await world.settle()
        expect(ana.room).toBeDefined()
        partner.leave()
        await world.settle()
        ana.enter()
        await world.settle()
      }
      // Four waits are too few.
      expect(ana.search).toMatchObject(alone)
      const [last] = world.join('last')
      await world.advance(10_000)
      last.enter()
      await world.settle()
      ana.enter()
      await world.settle()
      expect(ana.search).toMatchObject({ online: 2, estimateMs: 3000 })
      last.end()
      await world.advance(15_000)
      expect(ana.search).toMatchObject({ online: 1 })
    })
  })
}
