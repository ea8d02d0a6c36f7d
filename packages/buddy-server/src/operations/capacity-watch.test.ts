import { expect, test } from 'vitest'
import { CapacityWatch } from './capacity-watch.ts'

/** The levels noticed while the number is so many of a hundred, one after the other. */
function told(...users: readonly number[]): string[] {
  const events: string[] = []
  const watch = new CapacityWatch((level, percent) => events.push(`${level} at ${percent}`))
  for (const count of users) watch.look(count, 100)
  return events
}

test('each level is told when it is reached, and when all is well again', () => {
  expect(told(0, 79, 80, 90, 95, 100, 80, 75, 74, 0)).toEqual(['80 at 80', '95 at 95', '0 at 74'])
})

test('a jump tells the level it ends at', () => {
  expect(told(97)).toEqual(['95 at 97'])
  expect(told(97, 10)).toEqual(['95 at 97', '0 at 10'])
})

test('around a level it does not flap', () => {
  expect(told(80, 79, 80, 76, 81)).toEqual(['80 at 80'])
  expect(told(95, 94, 95, 91, 96)).toEqual(['95 at 95'])
})

test('a level that was left for good is told anew', () => {
  expect(told(95, 85, 95)).toEqual(['95 at 95', '95 at 95'])
  expect(told(80, 70, 80)).toEqual(['80 at 80', '0 at 70', '80 at 80'])
})
