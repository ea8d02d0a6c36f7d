import { beforeEach, expect, test } from 'vitest'
import { EventOutbox } from './event-outbox.ts'

let outbox: EventOutbox
let delivered: unknown[]
const post = (name: string, then?: () => void): void =>
  outbox.post(() => {
    delivered.push(name)
    then?.()
  })
const fail = (): void => {
  throw new Error('of a listener')
}
const postFrame = (byte: number, then?: () => void): void => {
  const handleEvent = (): void => {
    delivered.push(byte)
    then?.()
  }
  outbox.postFrame({ handleEvent }, 0, Uint8Array.of(byte))
}

beforeEach(() => {
  delivered = []
  outbox = new EventOutbox((error) => delivered.push((error as Error).message))
})

test('delivers events after the command has run, and events of nested commands after them', () => {
  outbox.run(() => {
    post('first', () => outbox.run(() => post('third')))
    postFrame(2)
    delivered.push('command')
  })
  expect(delivered).toEqual(['command', 'first', 2, 'third'])
})

test('delivers a frame at once, and the events that its listener causes after it', () => {
  postFrame(1, () => {
    outbox.run(() => post('event'))
    postFrame(2)
    delivered.push('end of the listener')
  })
  expect(delivered).toEqual([1, 'end of the listener', 'event', 2])
})

test('reports the error of a listener, and delivers the next events', () => {
  outbox.run(() => {
    post('first', fail)
    post('second')
  })
  postFrame(3, fail)
  postFrame(4)
  expect(delivered).toEqual(['first', 'of a listener', 'second', 3, 'of a listener', 4])
})

test('delivers the events that a command has posted before it fails, then throws its error', () => {
  const command = (): void => {
    post('posted before')
    fail()
  }
  expect(() => outbox.run(command)).toThrow('of a listener')
  expect(delivered).toEqual(['posted before'])
  postFrame(1)
  expect(delivered).toEqual(['posted before', 1])
})
