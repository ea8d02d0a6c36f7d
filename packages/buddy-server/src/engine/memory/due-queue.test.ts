import { expect, test } from 'vitest'
import { ManualClock } from '../../clock.fixture.ts'
import { DueQueue, type Due } from './due-queue.ts'

/** An item that records when it was handled. */
class Item implements Due {
  dueAtMs = Infinity
  readonly handledAtMs: number[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  handleDue(): void {
    this.handledAtMs.push(this.#now())
  }
}

test('handles each item once at its latest time, with one timer for all', () => {
  const clock = new ManualClock()
  const queue = new DueQueue(clock)
  const items = Array.from({ length: 1000 }, () => new Item(() => clock.now()))
  for (const [index, item] of items.entries()) queue.set(item, 5000 - index)
  for (const [index, item] of items.entries()) queue.set(item, 1000 + index)
  queue.set(items[7]!, Infinity)
  expect(clock.size).toBe(1)
  clock.advance(10_000)
  expect(items.map(({ handledAtMs }) => handledAtMs)).toEqual(
    items.map((_, index) => (index === 7 ? [] : [1000 + index])),
  )
  expect(clock.size).toBe(0)
})

test('handles items that are due at once over several timers', () => {
  const clock = new ManualClock()
  const queue = new DueQueue(clock)
  let handled = 0
  let most = 0
  let inTurn = 0
  const counting: Pick<ManualClock, 'now' | 'after'> = {
    now: () => clock.now(),
    after: (delayMs, callback) =>
      clock.after(delayMs, () => {
        inTurn = 0
        callback()
        most = Math.max(most, inTurn)
      }),
  }
  const sliced = new DueQueue(counting)
  for (let count = 0; count < 1000; count++) {
    const handleDue = (): void => void (handled++, inTurn++)
    sliced.set({ dueAtMs: Infinity, handleDue }, 100)
  }
  clock.advance(100)
  expect([handled, most]).toEqual([1000, 200])
  expect(queue.length).toBe(0)
})

test('handles nothing too early, even if timers fire slightly early', () => {
  const clock = new ManualClock()
  clock.earlyMs = 0.9
  const queue = new DueQueue(clock)
  const item = new Item(() => clock.now())
  queue.set(item, 100)
  clock.advance(200)
  const [handledAtMs = 0, ...more] = item.handledAtMs
  expect(handledAtMs).toBeGreaterThanOrEqual(100)
  expect(handledAtMs).toBeLessThan(101)
  expect(more).toEqual([])
})

test('drops the entries of items that are no longer due', () => {
  const queue = new DueQueue(new ManualClock())
  for (let count = 0; count < 100_000; count++) {
    const item = { dueAtMs: Infinity, handleDue: () => undefined }
    queue.set(item, count)
    queue.set(item, Infinity)
  }
  expect(queue.length).toBeLessThan(300)
})
