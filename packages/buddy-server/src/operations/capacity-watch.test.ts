import { expect, test } from 'vitest'
import { CapacityWatch } from './capacity-watch.ts'

/** Checks several user counts in turn, with a maximum of 100. Returns the levels that were reported. */
function levels(...users: readonly number[]): string[] {
  const events: string[] = []
  const watch = new CapacityWatch((level, percent) => events.push(`${level} at ${percent}`))
  for (const count of users) watch.check(count, 100)
  return events
}

test('reports each level when it is reached, and the end when the number is well below the first level', () => {
  expect(levels(0, 79, 80, 90, 95, 100, 80, 75, 74, 0)).toEqual(['80 at 80', '95 at 95', '0 at 74'])
})

test('if the number jumps over several levels, reports only the highest', () => {
  expect(levels(97)).toEqual(['95 at 97'])
  expect(levels(97, 10)).toEqual(['95 at 97', '0 at 10'])
})

test('does not report a level again while the number varies around it', () => {
  expect(levels(80, 79, 80, 76, 81)).toEqual(['80 at 80'])
  expect(levels(95, 94, 95, 91, 96)).toEqual(['95 at 95'])
})

test('reports a level again after the number was well below it', () => {
  expect(levels(95, 85, 95)).toEqual(['95 at 95', '95 at 95'])
  expect(levels(80, 70, 80)).toEqual(['80 at 80', '0 at 70', '80 at 80'])
})
