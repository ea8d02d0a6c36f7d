import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'

/** How many sessions a site and an address may have. */
export function describePlaces(createWorld: () => EngineWorld): void {
  describe('places', () => {
    test('a site has at most its number of sessions, wherever they are', async () => {
      const world = createWorld()
      const limits = { maxOfSite: 2 }
      const at = (addressKey: string) => ({ site: 'cafe', addressKey })
      const ana = await world.enroll('ana', at('one'), limits)
      await world.enroll('bob', at('two'), limits)
      const full = { full: 'site', excess: 0 }
      expect(await world.admit('cem', at('three'), limits)).toEqual(full)
      expect(await world.admit('cem', at('three'), { maxOfSite: 1 })).toEqual({
        full: 'site',
        excess: 1,
      })
      expect(
        await world.admit('dora', { site: 'other', addressKey: 'three' }, limits),
      ).toBeUndefined()
      ana.end()
      await world.settle()
      expect(await world.admit('cem', at('three'), limits)).toBeUndefined()
    })

    test('an address has at most its number of sessions, wherever they are', async () => {
      const world = createWorld()
      const place = { site: '', addressKey: 'one' }
      const limits = { maxOfAddress: 2 }
      await world.enroll('ana', place, limits)
      const bob = await world.enroll('bob', place, limits)
      const full = { full: 'address', excess: 0 }
      expect(await world.admit('cem', place, limits)).toEqual(full)
      expect(await world.admit('cem', { ...place, site: 'cafe' }, limits)).toEqual(full)
      expect(await world.admit('cem', place, { maxOfAddress: 3 })).toBeUndefined()
      world.engine.cancel('cem')
      // A session that is away keeps its place.
      bob.away()
      await world.settle()
      expect(await world.admit('cem', place, limits)).toEqual(full)
      bob.end()
      await world.settle()
      expect(await world.admit('cem', place, limits)).toBeUndefined()
    })

    test('a session counts once, also if it is admitted again, and moves with its address', async () => {
      const world = createWorld()
      const place = { site: 'cafe', addressKey: 'one' }
      const only = { maxOfSite: 1, maxOfAddress: 1 }
      await world.admit('ana', place, only)
      expect(await world.admit('ana', place, only)).toBeUndefined()
      const ana = await world.enroll('ana', place, only)
      const elsewhere = { site: 'cafe', addressKey: 'two' }
      expect(await world.admit('bob', { ...elsewhere, site: '' }, only)).toBeUndefined()
      await world.settle()
      ana.away()
      await world.settle()
      world.engine.cancel('bob')
      ana.back('two')
      await world.settle()
      expect(await world.admit('cem', { ...elsewhere, site: '' }, only)).toEqual({
        full: 'address',
        excess: 0,
      })
      expect(await world.admit('cem', { ...place, site: '' }, only)).toBeUndefined()
      ana.end()
      await world.settle()
      expect(await world.admit('dora', elsewhere, only)).toBeUndefined()
    })

    test('a place of a session that never joins is given back', async () => {
      const world = createWorld()
      const place = { site: 'cafe', addressKey: 'one' }
      const only = { maxOfSite: 1 }
      await world.admit('ana', place, only)
      expect(await world.admit('bob', place, only)).toMatchObject({ full: 'site' })
      world.engine.cancel('ana')
      expect(await world.admit('bob', place, only)).toBeUndefined()
    })

    test('counts the sessions in all and of each site', async () => {
      const world = createWorld()
      const [ana] = world.join('ana', 'bob')
      await world.enroll('cem', { site: 'cafe', addressKey: 'one' }, {})
      const nextReport = async (): Promise<void> => {
        for (const ms of [600, 600, 600]) await world.advance(ms)
      }
      await nextReport()
      expect(world.engine.counts.users).toBe(3)
      expect(['', 'cafe', 'other'].map((site) => world.engine.usersOf(site))).toEqual([2, 1, 0])
      ana.end()
      await nextReport()
      expect(world.engine.counts.users).toBe(2)
      expect(world.engine.usersOf('')).toBe(1)
    })
  })
}
