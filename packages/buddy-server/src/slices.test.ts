import { expect, test } from 'vitest'
import { forEachInSlices } from './slices.ts'

test('handles every item, and yields to the event loop after each hundred items', async () => {
  const handled: number[] = []
  let turns = 0
  let isDone = false
  const turn = (): void => {
    turns++
    if (!isDone) setImmediate(turn)
  }
  turn()
  await forEachInSlices(Array(1000).keys(), (item) => handled.push(item))
  isDone = true
  expect(handled).toEqual([...Array(1000).keys()])
  expect(turns).toBeGreaterThanOrEqual(10)
})

test('handles items that are added meanwhile and skips removed ones, as the iterator of a Set does', async () => {
  const items = new Set(Array(300).keys())
  const handled: number[] = []
  const done = forEachInSlices(items, (item) => handled.push(item))
  items.delete(250)
  items.add(300)
  await done
  expect(handled).toHaveLength(300)
  expect([handled.includes(250), handled.at(-1)]).toEqual([false, 300])
})

test('rejects with the error that the action throws', async () => {
  const failure = new Error('failed')
  const done = forEachInSlices([1, 2], () => {
    throw failure
  })
  await expect(done).rejects.toBe(failure)
})
