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

test('what is emitted in a batch is delivered after it, in order', () => {
  const emitter = new Emitter<Events>()
  const heard: number[] = []
  emitter.on('news', (value) => heard.push(value))
  const result = emitter.batch(() => {
    emitter.emit('news', 1)
    emitter.batch(() => emitter.emit('news', 2))
    return heard.length
  })
  expect([result, heard]).toEqual([0, [1, 2]])
  expect(() =>
    emitter.batch(() => {
      emitter.emit('news', 3)
      throw new Error('halfway')
    }),
  ).toThrow('halfway')
  expect(heard).toEqual([1, 2, 3])
})

test('an event that a listener causes follows when all listeners of the present one have run', () => {
  const emitter = new Emitter<Events>()
  const heard: string[] = []
  emitter.on('news', (value) => {
    if (value === 1) emitter.emit('news', 2)
    heard.push(`first ${value}`)
  })
  emitter.on('news', (value) => heard.push(`second ${value}`))
  emitter.emit('news', 1)
  expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2'])
})
