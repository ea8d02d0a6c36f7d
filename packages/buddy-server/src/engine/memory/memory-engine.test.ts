import { expect, test } from 'vitest'
import { EngineWorld } from '../engine-world.fixture.ts'
import { MemoryEngine } from './memory-engine.ts'

test('forgets a session that has ended', () => {
  const world = new EngineWorld((dependencies) => ({
    engine: new MemoryEngine(dependencies),
    step: () => undefined,
    settle: () => undefined,
  }))
  const [bob] = world.join('bob')
  const [ana] = world.joinRestored('ana')
  bob.end()
  // If the engine still knew the partner's session, the claim would fail at once.
  ana.claim('bob')
  expect(ana.take()).toEqual([{ type: 'presence', isPresent: false }])
})
