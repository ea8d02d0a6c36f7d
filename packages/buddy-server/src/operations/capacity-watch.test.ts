import { expect, test } from 'vitest'
import type { Notify } from '../events.ts'
import { CapacityWatch } from './capacity-watch.ts'

/** What is told while the users are so many of a hundred, one after the other. */
function told(...users: readonly number[]): string[] {
  const events: string[] = []
  const notify = ((name: string, { level, percent }: { level: number; percent: number }) =>
    events.push(`${name} ${level} at ${percent}`)) as unknown as Notify
  const watch = new CapacityWatch(notify)
  for (const count of users) watch.look(count, 100)
  return events
}

test('each level is told when it is reached, and when all is well again', () => {
  expect(told(0, 79, 80, 90, 95, 100, 80, 75, 74, 0)).toEqual([
    'capacity 80 at 80',
    'capacity 95 at 95',
    'capacity 0 at 74',
  ])
})

test('a jump tells the level it ends at', () => {
  expect(told(97)).toEqual(['capacity 95 at 97'])
  expect(told(97, 10)).toEqual(['capacity 95 at 97', 'capacity 0 at 10'])
})

test('around a level it does not flap', () => {
  expect(told(80, 79, 80, 76, 81)).toEqual(['capacity 80 at 80'])
  expect(told(95, 94, 95, 91, 96)).toEqual(['capacity 95 at 95'])
})

test('a level that was left for good is told anew', () => {
  expect(told(95, 85, 95)).toEqual(['capacity 95 at 95', 'capacity 95 at 95'])
  expect(told(80, 70, 80)).toEqual(['capacity 80 at 80', 'capacity 0 at 70', 'capacity 80 at 80'])
})
