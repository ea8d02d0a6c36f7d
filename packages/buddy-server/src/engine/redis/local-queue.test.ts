// Whom a node matches among its own users while Redis does not answer.
import { expect, test } from 'vitest'
import type { EngineUnderTest } from '../engine-world.fixture.ts'
import { EngineWorld } from '../engine-world.fixture.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import { RedisEngine } from './redis-engine.ts'

/** A node that may match its own users, and whose Redis never answers. */
function createNode(dependencies: EngineDependencies): EngineUnderTest {
  const refuse = () => Promise.reject(new Error('no Redis'))
  const engine = new RedisEngine({
    ...dependencies,
    nodeId: 'node',
    link: { call: refuse, publish: refuse },
    isLocalAllowed: () => true,
    graceMs: () => 30_000,
    maxHeldBytes: () => 0,
    onDataLost: () => undefined,
    report: () => {
      throw new Error('the node does not beat')
    },
  })
  engine.handleDisconnected()
  return { engine, step: () => undefined, settle: () => undefined }
}

test.each(['block', 'report'] as const)(
  'a %s during the outage keeps two people apart at once',
  async (command) => {
    const world = new EngineWorld(createNode)
    const [ana, bob] = await world.pair('ana', 'bob')
    if (command === 'block') ana.block(ana.room!.id)
    else ana.report()
    for (const session of [ana, bob]) session.enter()
    expect([ana.room, bob.room]).toEqual([undefined, undefined])
    const [cleo] = world.join('cleo')
    cleo.enter()
    expect(cleo.room).toEqual(ana.room)
    expect(cleo.room).toBeDefined()
  },
)

test('a block that another node has made keeps two people apart', () => {
  const world = new EngineWorld(createNode)
  world.engine.pairs.note('blocked', 'person ana', 'person bob', 1_000_000)
  const [ana, bob] = world.join('ana', 'bob')
  for (const session of [ana, bob]) session.enter()
  expect([ana.room, bob.room]).toEqual([undefined, undefined])
})
