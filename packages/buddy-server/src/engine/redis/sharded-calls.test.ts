// What the engine of several shards asks each of them, with given answers.
import { expect, test } from 'vitest'
import type { RedisEngine } from './redis-engine.ts'
import { ShardedEngine } from './sharded-engine.ts'

type Given = Parameters<ConstructorParameters<typeof ShardedEngine>[0]['createEngine']>[1]

/** An engine with three shards that answer as this one does. */
function createEngine(shard: (index: number) => Partial<RedisEngine>) {
  const given: Given[] = []
  const engine = new ShardedEngine({
    count: 3,
    clock: { after: () => () => undefined },
    wallNow: () => 0,
    blockMs: () => 1000,
    maxRooms: () => 10,
    createEngine: (index, forShard) => {
      given[index] = forShard
      return shard(index) as RedisEngine
    },
  })
  return { engine, sendBlock: given[0]!.sendBlock! }
}

test('a session is confirmed when all shards that have it have confirmed it', async () => {
  const confirmations: (() => void)[] = []
  const { engine } = createEngine((index) => ({
    confirm: () =>
      index === 1 ? undefined : new Promise((resolve) => void confirmations.push(resolve)),
  }))
  let isConfirmed = false
  void engine.confirm('ana', 1)!.then(() => (isConfirmed = true))
  for (const [isLast, confirmation] of [
    [false, confirmations[0]],
    [true, confirmations[1]],
  ] as const) {
    confirmation!()
    await new Promise(setImmediate)
    expect(isConfirmed).toBe(isLast)
  }
  expect(
    createEngine(() => ({ confirm: () => undefined })).engine.confirm('ana', 1),
  ).toBeUndefined()
})

test('the block of another session of the same person goes only to the shard of the encounter, for a report', () => {
  const calls: string[] = []
  const { sendBlock } = createEngine((index) => ({
    sendBlock: () => void calls.push('block'),
    pairs: {
      add: (...[, , other]) => void calls.push(`shard ${index}: ${other}`),
      note: (...[, , other]) => void calls.push(`note ${other}`),
    },
  }))
  const block = (partnerKey: string): readonly string[] => {
    const command = { c: 'block', k: 'person ana', partnerKey }
    sendBlock({ site: '', lobby: '' }, command, () => undefined)
    return calls.splice(0)
  }
  expect(block('person ana')).toEqual(['block'])
  expect(block('person bob')).toHaveLength(4)
})
