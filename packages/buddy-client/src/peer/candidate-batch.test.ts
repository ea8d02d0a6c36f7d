import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CandidateBatch } from './candidate-batch.ts'

let batches: string[][]
let batch: CandidateBatch
const add = (...names: string[]): void => {
  for (const candidate of names) batch.add({ candidate })
}

beforeEach(() => {
  vi.useFakeTimers()
  batches = []
  batch = new CandidateBatch({
    onBatch: (candidates) => batches.push(candidates.map(({ candidate }) => candidate ?? '')),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs) as unknown as number,
    clearTimeout: (id) => clearTimeout(id),
  })
})
afterEach(() => vi.useRealTimers())

test('a burst travels together, in order', () => {
  add('a', 'b')
  vi.advanceTimersByTime(19)
  add('c')
  expect(batches).toEqual([])
  vi.advanceTimersByTime(1)
  add('d')
  vi.advanceTimersByTime(20)
  expect(batches).toEqual([['a', 'b', 'c'], ['d']])
})

test('no batch is larger than a signal may hold', () => {
  add(...Array.from({ length: 130 }, (_, index) => `${index}`))
  vi.advanceTimersByTime(20)
  expect(batches.map((each) => each.length)).toEqual([64, 64, 2])
})

test('what is taken is not sent again', () => {
  add('a')
  expect(batch.take()).toEqual([{ candidate: 'a' }])
  vi.advanceTimersByTime(20)
  expect(batches).toEqual([])
})
