import { afterAll, beforeAll, describe } from 'vitest'
import { DelayedEngine } from '../delayed-engine.fixture.ts'
import { describeEngine } from '../engine-contract.fixture.ts'
import { describeProperties } from '../engine-properties.fixture.ts'
import type { EngineUnderTest } from '../engine-world.fixture.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import { RedisClient } from './redis-client.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'
import { missingRedisMessage, RedisServer } from './redis-server.fixture.ts'

if (missingRedisMessage) console.log(missingRedisMessage)

let server: RedisServer
let client: RedisClient

beforeAll(async () => {
  if (missingRedisMessage) return
  server = await RedisServer.start()
  client = new RedisClient({
    url: server.url,
    onUp: () => undefined,
    onDown: (error) => console.error(error),
  })
  await client.connect()
})

afterAll(async () => {
  if (missingRedisMessage) return
  client.close()
  await server.stop()
})

/** Two nodes whose commands and events are delayed, in an order that depends on the seed. */
function createDelayedEngines(seed: number, dependencies: EngineDependencies): EngineUnderTest {
  let inner: EngineUnderTest
  const engine = new DelayedEngine(seed, dependencies, (given) => {
    inner = createRedisEngines(client, 2, given)
    return inner.engine
  })
  return {
    engine,
    step: () => engine.step(),
    async settle() {
      do {
        engine.settle()
        await inner.settle()
      } while (engine.step())
    },
  }
}

describe.skipIf(missingRedisMessage)('with Redis,', () => {
  describe.each([1, 3])('with %i nodes,', (nodes) => {
    describeEngine('the Redis engine', (dependencies) =>
      createRedisEngines(client, nodes, dependencies),
    )
  })

  describe.each([1, 2])('with delayed and interleaved delivery (seed %i),', (seed) => {
    describeEngine('the Redis engine', (dependencies) => createDelayedEngines(seed, dependencies))
  })

  describeProperties('the Redis engine', 40, createDelayedEngines)
})
