import { expect, test } from 'vitest'
import { newForMs } from './new-visitors.ts'

test('a person is new for the set time after the server has made the visitor id', () => {
  expect(newForMs({ visitorSinceMs: 1000 }, 1000, 600)).toBe(600)
  expect(newForMs({ visitorSinceMs: 1000 }, 1500, 600)).toBe(100)
  expect(newForMs({ visitorSinceMs: 1000 }, 1600, 600)).toBe(0)
  expect(newForMs({ visitorSinceMs: 1000 }, 1000, 0)).toBe(0)
})

test('a time in the future does not make a person new for longer', () => {
  expect(newForMs({ visitorSinceMs: 9000 }, 1000, 600)).toBe(600)
})
