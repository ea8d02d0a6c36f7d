import { expect, test } from 'vitest'
import { SharedRestart } from './shared-restart.ts'

test('restarts once, when all running cases wait', async () => {
  let restarts = 0
  const shared = new SharedRestart(async () => void restarts++)
  shared.begin()
  shared.begin()
  const first = shared.wait()
  expect(restarts).toBe(0)
  await Promise.all([first, shared.wait()])
  expect(restarts).toBe(1)
})

test('does not wait for a case that has ended', async () => {
  let restarts = 0
  const shared = new SharedRestart(async () => void restarts++)
  shared.begin()
  shared.begin()
  const first = shared.wait()
  shared.end()
  await first
  expect(restarts).toBe(1)
})

test('restarts again for a case that begins later', async () => {
  let restarts = 0
  const shared = new SharedRestart(async () => void restarts++)
  for (let time = 1; time <= 2; time++) {
    shared.begin()
    await shared.wait()
    shared.end()
  }
  expect(restarts).toBe(2)
})

test('rejects for every case if the restart fails', async () => {
  const shared = new SharedRestart(() => Promise.reject(new Error('the command failed')))
  shared.begin()
  shared.begin()
  const results = await Promise.allSettled([shared.wait(), shared.wait()])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
