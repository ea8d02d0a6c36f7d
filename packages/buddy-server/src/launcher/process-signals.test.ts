import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { ProcessSignals } from './process-signals.ts'

/** Signals of a process that a test sends. */
function setUp(): {
  readonly signals: ProcessSignals
  /** Sends a signal to the process itself. */
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: NodeJS.Signals[]
  readonly handled: NodeJS.Signals[]
} {
  const source = new EventEmitter()
  const ended: NodeJS.Signals[] = []
  const handled: NodeJS.Signals[] = []
  const signals = new ProcessSignals({
    on: (signal, listener) => source.on(signal, listener),
    endBy: (signal) => ended.push(signal),
  })
  signals.on('SIGTERM', () => handled.push('SIGTERM'))
  signals.on('SIGINT', () => handled.push('SIGINT'))
  return { signals, kill: (signal) => source.emit(signal), ended, handled }
}

test('without a launcher, calls every handler for each signal', () => {
  const { signals, kill, handled } = setUp()
  signals.on('SIGTERM', () => handled.push('SIGTERM'))
  kill('SIGTERM')
  kill('SIGTERM')
  expect(handled).toHaveLength(4)
})

test('handles a signal once that reaches the launcher and this process, in either order', () => {
  const { signals, kill, handled } = setUp()
  signals.handlePassedOn('SIGTERM')
  kill('SIGTERM')
  expect(handled).toEqual(['SIGTERM'])
  kill('SIGINT')
  signals.handlePassedOn('SIGINT')
  expect(handled).toEqual(['SIGTERM', 'SIGINT'])
})

test('handles each signal that reaches only the launcher, and each that reaches only this process', () => {
  const { signals, kill, handled } = setUp()
  signals.handlePassedOn('SIGTERM')
  signals.handlePassedOn('SIGTERM')
  expect(handled).toHaveLength(2)
  kill('SIGINT')
  kill('SIGINT')
  expect(handled).toHaveLength(4)
})

test('ends the process by a passed on signal that has no handler', () => {
  const { signals, ended } = setUp()
  signals.handlePassedOn('SIGQUIT')
  expect(ended).toEqual(['SIGQUIT'])
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'an orphaned process receives SIGTERM, unless it received %s before',
  (signal) => {
    const orphan = setUp()
    orphan.signals.handleOrphaned()
    expect(orphan.handled).toEqual(['SIGTERM'])
    const stopping = setUp()
    stopping.kill(signal)
    stopping.signals.handleOrphaned()
    expect(stopping.handled).toEqual([signal])
  },
)
