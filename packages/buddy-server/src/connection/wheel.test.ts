import { expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import { Wheel } from './wheel.ts'

const intervalMs = 20_000

/**
 * Creates a wheel with a clock that only `advance` moves. Each call of `advance` also fires the wheel's timer
 * once.
 */
function createWheel(beforeVisit: (members: readonly number[]) => void = () => undefined) {
  let nowMs = 0
  let tick = (): void => undefined
  let tickMs = 0
  const visits: number[][] = []
  const clock: Clock = {
    now: () => nowMs,
    after: () => () => undefined,
    every: (everyMs, callback) => {
      tickMs = everyMs
      tick = callback
      return () => (tick = () => undefined)
    },
  }
  const wheel = new Wheel<number>({
    clock,
    intervalMs,
    visit: (members) => {
      beforeVisit([...members])
      visits.push([...members])
    },
  })
  const stop = wheel.start()
  const advance = (ms: number): void => {
    nowMs += ms
    tick()
  }
  const turn = (): void => {
    for (let passedMs = 0; passedMs < intervalMs; passedMs += tickMs) advance(tickMs)
  }
  return { wheel, visits, advance, turn, stop, tickMs: () => tickMs }
}

const fill = (wheel: Wheel<number>, size: number): Map<number, number> =>
  new Map(Array.from({ length: size }, (_, member) => [member, wheel.add(member)]))

test('the wheel visits every member exactly once in each interval', () => {
  const { wheel, visits, turn } = createWheel()
  fill(wheel, 1000)
  for (let time = 1; time <= 3; time++) {
    turn()
    const visited = visits.splice(0).flat()
    expect(visited.toSorted((one, other) => one - other)).toEqual([...Array(1000).keys()])
  }
})

test('the wheel visits at most 200 of 19,000 members at a time, even if all were added at once', () => {
  const { wheel, visits, turn } = createWheel()
  fill(wheel, 19_000)
  turn()
  expect(Math.max(...visits.map((members) => members.length))).toBeLessThan(200)
})

test.for([0, 1, 99, 100, 199, 200, 350])(
  'first visits a member that was added after %d slots between half an interval and one interval later',
  (slots) => {
    const { wheel, visits, advance, tickMs } = createWheel()
    for (let passed = 0; passed < slots; passed++) advance(tickMs())
    fill(wheel, 150)
    const slotsUntil = new Map<number, number>()
    for (let passed = 1; passed <= 200; passed++) {
      advance(tickMs())
      for (const member of visits.at(-1) ?? []) slotsUntil.set(member, passed)
    }
    expect(slotsUntil.size).toBe(150)
    expect(Math.min(...slotsUntil.values())).toBeGreaterThan(100)
  },
)

test('the wheel visits a few slots at a time after the event loop was blocked, until it has caught up', () => {
  const { wheel, visits, advance, tickMs } = createWheel()
  fill(wheel, 19_000)
  advance(intervalMs)
  expect(visits.flat().length).toBeLessThan(800)
  while (visits.flat().length < 19_000) advance(tickMs() / 10)
  expect(new Set(visits.flat()).size).toBe(19_000)
})

test('the wheel visits each member once after a pause of several intervals', () => {
  const { wheel, visits, advance } = createWheel()
  fill(wheel, 1000)
  advance(intervalMs * 10)
  for (let time = 0; time < 1000; time++) advance(0)
  expect(visits.flat()).toHaveLength(1000)
})

test('the wheel does not visit members that were deleted', () => {
  const { wheel, visits, turn } = createWheel()
  const slots = fill(wheel, 10)
  wheel.delete(3, slots.get(3)!)
  wheel.delete(3, slots.get(3)!)
  expect([wheel.size, [...wheel].includes(3)]).toEqual([9, false])
  turn()
  expect(visits.flat()).not.toContain(3)
})

test('the wheel visits all other members if one visit throws', () => {
  const { wheel, visits, advance, tickMs } = createWheel((members) => {
    if (members.includes(3)) throw new Error('the visit fails')
  })
  fill(wheel, 10)
  for (let passedMs = 0; passedMs < intervalMs; passedMs += tickMs()) {
    try {
      advance(tickMs())
    } catch {
      // The visit throws within the timer. The real clock would report this error.
    }
  }
  expect(visits.flat()).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9])
})

test('the wheel visits no member after it was stopped', () => {
  const { wheel, visits, turn, stop } = createWheel()
  fill(wheel, 10)
  stop()
  turn()
  expect(visits).toEqual([])
})
