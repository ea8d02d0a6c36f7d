import { expect, test } from 'vitest'
import { Pace, PacedAction } from './pace.ts'

test('a burst goes at once; each more waits its turn, and what was not used comes back with time', () => {
  let nowMs = 5000
  const pace = new Pace({ burst: 3, everyMs: 100 }, () => nowMs)
  expect([1, 2, 3, 4, 5].map(() => pace.reserve())).toEqual([0, 0, 0, 100, 200])
  nowMs += 200
  expect(pace.reserve()).toBe(100)
  nowMs += 400
  expect([1, 2, 3, 4].map(() => pace.reserve())).toEqual([0, 0, 0, 100])
  nowMs += 1_000_000
  expect([1, 2, 3, 4].map(() => pace.reserve())).toEqual([0, 0, 0, 100])
})

/** An action that may run once at once, and the timers it has. */
function createAction() {
  const timers = new Map<number, () => void>()
  let runs = 0
  const action = new PacedAction({
    pace: new Pace({ burst: 1, everyMs: 100 }, () => 0),
    setTimeout: (callback) => {
      timers.set(timers.size + 1, callback)
      return timers.size
    },
    clearTimeout: (id) => timers.delete(id),
    run: () => runs++,
  })
  const expire = (): void => {
    const due = [...timers.values()]
    timers.clear()
    for (const callback of due) callback()
  }
  return { action, timers, expire, runs: () => runs }
}

test('requests that have to wait are one', () => {
  const { action, expire, runs } = createAction()
  for (let time = 1; time <= 100; time++) action.request()
  expect(runs()).toBe(1)
  expire()
  expect(runs()).toBe(2)
  action.request()
  expire()
  expect(runs()).toBe(3)
})

test('closed, the request that waits is dropped with its timer', () => {
  const { action, timers, expire, runs } = createAction()
  action.request()
  action.request()
  action.close()
  expect(timers.size).toBe(0)
  expire()
  expect(runs()).toBe(1)
})
