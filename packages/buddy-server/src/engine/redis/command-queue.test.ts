// What is kept while Redis does not answer.
import { expect, test } from 'vitest'
import { packValue } from '../../codec.ts'
import { CommandQueue } from './command-queue.ts'

test('the ends of sessions are kept, also if a server has stored very many pairs', async () => {
  const calls: Uint8Array[] = []
  let answers = 0
  const queue = new CommandQueue({
    link: {
      call: (payload) => {
        calls.push(payload)
        return Promise.resolve(packValue([[0, 0, 0], [[false, [], [], undefined]]]))
      },
    },
    configuration: () => ({}) as never,
    createId: () => 'id',
    redisNow: undefined,
    onAnswer: () => undefined,
    onTotals: () => undefined,
    onFailed: () => undefined,
  })
  queue.close()
  for (let number = 0; number < 100_001; number++) queue.send({ c: 'pair' }, undefined, true)
  let refused = 0
  for (let number = 0; number < 15_000; number++) {
    queue.send({ c: 'end', s: 'session' }, ([failure]) => (failure ? refused++ : answers++), true)
  }
  queue.open()
  await new Promise(setImmediate)
  expect(refused).toBe(0)
  expect(calls).toHaveLength(Math.ceil(115_000 / 32))
  expect(answers).toBeGreaterThan(0)
})
