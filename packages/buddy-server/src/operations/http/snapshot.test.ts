import { expect, test } from 'vitest'
import { Snapshot } from './snapshot.ts'

function world<T>(make: (count: number) => T | Promise<T>): {
  readonly snapshot: Snapshot<T>
  readonly made: () => number
  readonly wait: (ms: number) => void
} {
  let [now, count] = [0, 0]
  const snapshot = new Snapshot(
    () => make(++count),
    () => now,
  )
  return { snapshot, made: () => count, wait: (ms) => (now += ms) }
}

test('each of a few readers gets what is made for it', async () => {
  const { snapshot } = world((count) => count)
  expect([await snapshot.read(), await snapshot.read(), await snapshot.read()]).toEqual([1, 2, 3])
})

test('of a thousand readers in a second a dozen have it made', async () => {
  const { snapshot, made, wait } = world((count) => count)
  for (let time = 1; time <= 1000; time++) {
    await snapshot.read()
    wait(1)
  }
  expect(made()).toBe(12)
  expect(await snapshot.read()).toBe(12)
  wait(500)
  expect(await snapshot.read()).toBe(13)
})

test('readers that come while it is made share one', async () => {
  let finish: (value: string) => void = () => undefined
  const { snapshot, made } = world(() => new Promise<string>((resolve) => (finish = resolve)))
  const all = Promise.all([snapshot.read(), snapshot.read(), snapshot.read()])
  finish('made')
  expect(await all).toEqual(['made', 'made', 'made'])
  expect(made()).toBe(1)
})

test('what cannot be made is a rejection, and is tried again', async () => {
  const { snapshot } = world((count) => {
    if (count === 1) throw new Error('broken')
    return count
  })
  await expect(snapshot.read()).rejects.toThrow('broken')
  expect(await snapshot.read()).toBe(2)
})
