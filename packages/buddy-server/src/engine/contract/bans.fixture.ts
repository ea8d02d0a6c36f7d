import { describe, expect, test } from 'vitest'
import type { EngineWorld } from '../engine-world.fixture.ts'

/** How long a ban holds. */
export function describeBans(createWorld: () => EngineWorld): void {
  describe('bans', () => {
    test('refuse a key for the given time', async () => {
      const world = createWorld()
      const { bans } = world.engine
      bans.add('key', 2000)
      await world.advance(1000)
      expect([bans.has('key'), bans.has('another')]).toEqual([true, false])
      await world.advance(1000)
      expect(bans.has('key')).toBe(false)
    })

    test('hold for the longer of two times', async () => {
      const world = createWorld()
      const { bans } = world.engine
      bans.add('key', 5000)
      await world.advance(1000)
      bans.add('key', 1000)
      await world.advance(3500)
      expect(bans.has('key')).toBe(true)
      await world.advance(500)
      expect(bans.has('key')).toBe(false)
    })

    test('end when they are lifted, and can be made again', async () => {
      const world = createWorld()
      const { bans } = world.engine
      bans.add('key', 60_000)
      await world.advance(1000)
      bans.delete('key')
      bans.delete('unknown')
      await world.advance(1000)
      expect(bans.has('key')).toBe(false)
      bans.add('key', 2000)
      await world.advance(1000)
      expect(bans.has('key')).toBe(true)
    })

    test('are known everywhere, however many there are', async () => {
      const world = createWorld()
      const { bans } = world.engine
      const keys = Array.from({ length: 600 }, (_, index) => `key ${index}`)
      for (const key of keys) bans.add(key, 60_000)
      await world.advance(1000)
      await world.advance(1000)
      expect(keys.filter((key) => !bans.has(key))).toEqual([])
      expect(bans.size).toBe(600)
    })
  })
}
