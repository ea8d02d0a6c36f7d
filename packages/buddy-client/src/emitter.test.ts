import { afterEach, expect, test, vi } from 'vitest'
import { Emitter } from './emitter.ts'

interface Events {
  readonly news: number
}

afterEach(() => vi.unstubAllGlobals())

test('a throwing listener is reported and breaks nothing', () => {
  const reported: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  const emitter = new Emitter<Events>()
  const heard: number[] = []
  const failure = new Error('listener')
  emitter.on('news', () => {
    throw failure
  })
  emitter.on('news', (value) => heard.push(value))
  emitter.emit('news', 1)
  emitter.emit('news', 2)
  expect(heard).toEqual([1, 2])
  expect(reported).toEqual([failure, failure])
})

test('on() returns its unsubscribe, for that subscription alone', () => {
  const emitter = new Emitter<Events>()
  const heard: number[] = []
  const listener = (value: number): void => void heard.push(value)
  const unsubscribe = emitter.on('news', listener)
  emitter.on('news', listener)
  unsubscribe()
  unsubscribe()
  emitter.emit('news', 1)
  expect(heard).toEqual([1])
  expect(emitter.count('news')).toBe(1)
})

test('a listener added during an event is heard from the next on', () => {
  const emitter = new Emitter<Events>()
  const heard: number[] = []
  const unsubscribe = emitter.on('news', () => {
    unsubscribe()
    emitter.on('news', (value) => heard.push(value))
  })
  emitter.emit('news', 1)
  emitter.emit('news', 2)
  expect(heard).toEqual([2])
})
