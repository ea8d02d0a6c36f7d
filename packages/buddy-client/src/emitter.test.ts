import { afterEach, expect, test, vi } from 'vitest'
import { Emitter } from './emitter.ts'

interface Events {
  readonly news: number
}

afterEach(() => vi.unstubAllGlobals())

test('reports the error of a listener and still calls the other listeners', () => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  const emitter = new Emitter<Events>()
  const received: number[] = []
  const failure = new Error('listener')
  emitter.on('news', () => {
    throw failure
  })
  emitter.on('news', (value) => received.push(value))
  emitter.emit('news', 1)
  emitter.emit('news', 2)
  expect(received).toEqual([1, 2])
  expect(reported).toEqual([failure, failure])
})

test('`on` returns a function that removes only that subscription', () => {
  const emitter = new Emitter<Events>()
  const received: number[] = []
  const listener = (value: number): void => void received.push(value)
  const unsubscribe = emitter.on('news', listener)
  emitter.on('news', listener)
  unsubscribe()
  unsubscribe()
  emitter.emit('news', 1)
  expect(received).toEqual([1])
  expect(emitter.count('news')).toBe(1)
})

test('calls a listener that is added during an event only from the next event on', () => {
  const emitter = new Emitter<Events>()
  const received: number[] = []
  const unsubscribe = emitter.on('news', () => {
    unsubscribe()
    emitter.on('news', (value) => received.push(value))
  })
  emitter.emit('news', 1)
  emitter.emit('news', 2)
  expect(received).toEqual([2])
})

test('delivers the events of a batch in order, when the outermost batch ends', () => {
  const emitter = new Emitter<Events>()
  const received: number[] = []
  emitter.on('news', (value) => received.push(value))
  const result = emitter.batch(() => {
    emitter.emit('news', 1)
    emitter.batch(() => emitter.emit('news', 2))
    return received.length
  })
  expect([result, received]).toEqual([0, [1, 2]])
  expect(() =>
    emitter.batch(() => {
      emitter.emit('news', 3)
      throw new Error('halfway')
    }),
  ).toThrow('halfway')
  expect(received).toEqual([1, 2, 3])
})

test('delivers an event that a listener emits after all listeners of the current event have run', () => {
  const emitter = new Emitter<Events>()
  const received: string[] = []
  emitter.on('news', (value) => {
    if (value === 1) emitter.emit('news', 2)
    received.push(`first ${value}`)
  })
  emitter.on('news', (value) => received.push(`second ${value}`))
  emitter.emit('news', 1)
  expect(received).toEqual(['first 1', 'second 1', 'first 2', 'second 2'])
})
