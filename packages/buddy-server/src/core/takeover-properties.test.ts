// What is true after any sequence of faults, takeovers and frames, in whatever order messages arrive.
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectShards, useRedis } from '../engine/redis/connected-redis.fixture.ts'
import type { RedisClient } from '../engine/redis/redis-client.ts'
import { missingRedisMessage } from '../engine/redis/redis-server.fixture.ts'
import { beatMs, nodeCount, settings, TakeoverWorld } from './takeover-world.fixture.ts'

const redis = useRedis()

/** More sequences, with another seed each time: `TAKEOVER_RUNS=1000 vitest run --project=unit takeover-properties`. */
const runs = process.env['TAKEOVER_RUNS']
const options = runs === undefined ? { numRuns: 30, seed: 1 } : { numRuns: Number(runs) }
const timeoutMs = 60_000 + options.numRuns * 1000

const moves = ['drop', 'connect', 'connect', 'connect', 'say', 'say', 'say', 'stop'] as const
const delivery = ['deliver', 'deliver', 'deliver', 'settle', 'beats'] as const
const faults = ['hang', 'wake', 'cut', 'mend', 'flush', 'advance', 'enter'] as const

type Kind = (typeof moves | typeof delivery | typeof faults)[number]

const stepsOf = (kinds: readonly Kind[]) =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      who: fc.nat({ max: 2 }),
      node: fc.nat({ max: nodeCount - 1 }),
      amount: fc.nat({ max: 12 }),
    }),
    { minLength: 4, maxLength: 30 },
  )
type Step = ReturnType<typeof stepsOf> extends fc.Arbitrary<(infer T)[]> ? T : never

async function take(world: TakeoverWorld, { kind, who, node, amount }: Step): Promise<void> {
  const client = world.clients[who]!
  switch (kind) {
    case 'drop':
      client.drop()
      break
    case 'connect':
      world.connect(client, node)
      break
    case 'say':
      for (let count = 0; count <= amount % 3; count++) client.say()
      break
    case 'enter':
      client.enter(lobbies[amount % lobbies.length]!)
      break
    case 'stop':
      world.stop(node)
      break
    case 'deliver':
      await world.deliver(amount + 1)
      break
    case 'settle':
      await world.settle()
      break
    case 'beats':
      for (let beat = 0; beat <= amount % 6; beat++) await world.beat()
      break
    case 'advance':
      world.advance(beatMs / (1 + (amount % 5)))
      break
    case 'hang':
      world.hang(node)
      break
    case 'wake':
      world.wake(node)
      break
    case 'cut':
      await world.cut(node, amount % 4)
      break
    case 'mend':
      world.mend(node)
      break
    case 'flush':
      redis.server.run('FLUSHALL')
      break
  }
  await new Promise((resolve) => setImmediate(resolve))
}

/** With three shards, they are in all of them. */
const lobbies = ['next', 'one', 'music'] as const

let shards: readonly RedisClient[] = []

beforeAll(async () => {
  if (!missingRedisMessage) shards = await connectShards(redis.server.url, 3)
})

afterAll(() => {
  for (const client of shards) client.close()
})

describe.skipIf(missingRedisMessage).each([
  ['one shard', () => [redis.client]],
  ['three shards', () => shards],
])('sessions that come from node to node, with %s,', (_, clients) => {
  test(
    'agree about their room after any faults, and frames pass in both directions, each once',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          stepsOf([...moves, ...delivery, ...faults]),
          fc.integer(),
          async (steps, order) => {
            const world = new TakeoverWorld(clients(), order)
            await world.pair()
            for (const step of steps) await take(world, step)
            await world.recover()
            const isFlushed = steps.some(({ kind }) => kind === 'flush')
            if (isFlushed && world.isSomebodyAlone) {
              // A node waits this long for a partner whom no node states again.
              for (let ms = 0; ms <= settings.resumeGraceMs; ms += beatMs) await world.beat()
            }
            await world.check()
            if (isFlushed) return
            expect(world.clients.map(({ lost }) => lost)).toEqual([0, 0, 0])
            if (steps.some(({ kind }) => kind === 'enter')) return
            expect(world.clients.map(({ ends }) => ends)).toEqual([[], [], []])
          },
        ),
        options,
      )
    },
    timeoutMs,
  )

  test(
    'lose no frame if no node fails, also while one stops',
    async () => {
      await fc.assert(
        fc.asyncProperty(stepsOf([...moves, ...delivery]), fc.integer(), async (steps, order) => {
          const world = new TakeoverWorld(clients(), order)
          await world.pair()
          for (const step of steps) await take(world, step)
          await world.recover()
          await world.check()
          const [ana, bob] = world.clients
          for (const [one, other] of [
            [ana!, bob!],
            [bob!, ana!],
          ] as const) {
            const heard = other.heard.toSorted((a, b) => a - b)
            expect(heard).toEqual(Array.from({ length: one.said }, (_, number) => number))
          }
        }),
        options,
      )
    },
    timeoutMs,
  )
})
