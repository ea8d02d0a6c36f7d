import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import { Pace, PacedAction } from './pace.ts'

test('Pace allows a burst at once, delays further actions, and allows a burst again with time', () => {
  const clock = new ManualClock()
  const pace = new Pace({ burst: 3, everyMs: 100 }, clock)
  expect([1, 2, 3, 4, 5].map(() => pace.reserve())).toEqual([0, 0, 0, 100, 200])
  clock.advance(200)
  expect(pace.reserve()).toBe(100)
  clock.advance(400)
  expect([1, 2, 3, 4].map(() => pace.reserve())).toEqual([0, 0, 0, 100])
  clock.advance(1_000_000)
  expect([1, 2, 3, 4].map(() => pace.reserve())).toEqual([0, 0, 0, 100])
})

/** Creates a `PacedAction` that runs once at once and then every 100 ms, and its clock. */
function createAction() {
  const clock = new ManualClock()
  let runs = 0
  const action = new PacedAction({
    pace: new Pace({ burst: 1, everyMs: 100 }, clock),
    clock,
    run: () => runs++,
  })
  return { action, clock, runs: () => runs }
}

test('PacedAction merges requests that have to wait into one', () => {
  const { action, clock, runs } = createAction()
  for (let time = 1; time <= 100; time++) action.request()
  expect(runs()).toBe(1)
  clock.advance(100)
  expect(runs()).toBe(2)
  action.request()
  clock.advance(100)
  expect(runs()).toBe(3)
})

test('PacedAction drops a waiting request and its timer when it is closed', () => {
  const { action, clock, runs } = createAction()
  action.request()
  action.request()
  action.close()
  expect(clock.pending).toBe(0)
  clock.advance(100)
  expect(runs()).toBe(1)
})
