import { expect, test } from 'vitest'
import { Snapshot } from './snapshot.ts'

function createFixture<T>(make: (count: number) => T | Promise<T>): {
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

test('makes a new value for each reader if there are few', async () => {
  const { snapshot } = createFixture((count) => count)
  expect([await snapshot.read(), await snapshot.read(), await snapshot.read()]).toEqual([1, 2, 3])
})

test('for a thousand readers in a second, makes a dozen values', async () => {
  const { snapshot, made, wait } = createFixture((count) => count)
  for (let time = 1; time <= 1000; time++) {
    await snapshot.read()
    wait(1)
  }
  expect(made()).toBe(12)
  expect(await snapshot.read()).toBe(12)
  wait(500)
  expect(await snapshot.read()).toBe(13)
})

test('shares a value that is being made among its readers', async () => {
  let finish: (value: string) => void = () => undefined
  const { snapshot, made } = createFixture(
    () => new Promise<string>((resolve) => (finish = resolve)),
  )
  const all = Promise.all([snapshot.read(), snapshot.read(), snapshot.read()])
  finish('made')
  expect(await all).toEqual(['made', 'made', 'made'])
  expect(made()).toBe(1)
})

test('rejects if making the value fails, and makes a value again for the next reader', async () => {
  const { snapshot } = createFixture((count) => {
    if (count === 1) throw new Error('broken')
    return count
  })
  await expect(snapshot.read()).rejects.toThrow('broken')
  expect(await snapshot.read()).toBe(2)
})
