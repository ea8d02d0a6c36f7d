import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { CandidateBatch } from './candidate-batch.ts'

let clock: ManualClock
let batches: string[][]
let batch: CandidateBatch
const add = (...names: string[]): void => {
  for (const candidate of names) batch.add({ candidate })
}

beforeEach(() => {
  clock = new ManualClock()
  batches = []
  batch = new CandidateBatch({
    onBatch: (candidates) => batches.push(candidates.map(({ candidate }) => candidate ?? '')),
    clock,
  })
})

test('sends candidates that are added within 20 ms together, in order', () => {
  add('a', 'b')
  clock.advance(19)
  add('c')
  expect(batches).toEqual([])
  clock.advance(1)
  add('d')
  clock.advance(20)
  expect(batches).toEqual([['a', 'b', 'c'], ['d']])
})

test('sends at most 64 candidates in a batch', () => {
  add(...Array.from({ length: 130 }, (_, index) => `${index}`))
  clock.advance(20)
  expect(batches.map((each) => each.length)).toEqual([64, 64, 2])
})

test('does not send candidates that `take` has returned', () => {
  add('a')
  expect(batch.take()).toEqual([{ candidate: 'a' }])
  clock.advance(20)
  expect(batches).toEqual([])
})
