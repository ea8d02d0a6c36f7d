import { expect, test } from 'vitest'
import { ManualClock } from '../clock.fixture.ts'
import type { Store } from './store.ts'
import { StoreError } from './store.ts'
import { StoreWriter } from './store-writer.ts'

/** A store that records what is written, and fails while `fault` is set. */
function create() {
  const clock = new ManualClock()
  const written: string[] = []
  const transactions: { count: number; isDurable: boolean }[] = []
  const events: string[] = []
  const world = { fault: undefined as Error | undefined }
  const store = {
    transact: (isDurable: boolean, write: () => void) => {
      if (world.fault) throw world.fault
      const before = written.length
      try {
        write()
      } catch (error) {
        written.length = before
        throw error
      }
      transactions.push({ count: written.length - before, isDurable })
    },
  } as Store
  const writer = new StoreWriter({
    clock,
    store,
    onFailed: ({ message }) => events.push(`failed: ${message}`),
    onRecovered: () => events.push('recovered'),
    onError: (error) => events.push(`error: ${String(error)}`),
  })
  const change = (name: string) => ({
    write: () => void written.push(name),
    onStored: () => void events.push(`stored ${name}`),
  })
  return { clock, written, transactions, events, world, writer, change }
}

const full = new StoreError('unwritable', 'the disk is full')

test('stores a change at once, and says so', () => {
  const { writer, change, written, events, transactions } = create()
  expect(writer.now(true, change('ban'))).toBe(true)
  expect([written, events]).toEqual([['ban'], ['stored ban']])
  expect(transactions).toEqual([{ count: 1, isDurable: true }])
})

test('collects frequent changes for a second, and stores them in one transaction', () => {
  const { writer, change, written, transactions, clock } = create()
  for (let index = 0; index < 100; index++) writer.later(change(`pair ${index}`))
  clock.advance(999)
  expect(written).toEqual([])
  clock.advance(1)
  expect(transactions).toEqual([{ count: 100, isDurable: false }])
})

test('stores thousands of changes over several turns, in order', () => {
  const { writer, change, written, transactions, clock } = create()
  for (let index = 0; index < 1200; index++) writer.later(change(`pair ${index}`))
  clock.advance(1000)
  expect(transactions.map(({ count }) => count)).toEqual([500, 500, 200])
  expect(written[1199]).toBe('pair 1199')
})

test('keeps changes while the store fails, tells it once, and stores them in order when it works again', () => {
  const { writer, change, written, events, world, clock } = create()
  writer.later(change('pair'))
  world.fault = full
  expect(writer.now(true, change('ban'))).toBe(false)
  expect(writer.now(true, change('decision'))).toBe(false)
  clock.advance(10_000)
  expect(written).toEqual([])
  expect(events).toEqual(['failed: the disk is full'])
  world.fault = undefined
  clock.advance(1000)
  expect(written).toEqual(['pair', 'ban', 'decision'])
  expect(events).toEqual([
    'failed: the disk is full',
    'stored pair',
    'stored ban',
    'stored decision',
    'recovered',
  ])
})

test('while the store fails, frequent changes are bounded and decisions are not', () => {
  const { writer, change, written, world, clock } = create()
  world.fault = full
  writer.now(true, change('first'))
  for (let index = 0; index < 20_000; index++) writer.later(change('pair'))
  writer.now(true, change('last'))
  world.fault = undefined
  clock.advance(60_000)
  expect(written).toHaveLength(10_001)
  expect([written[0], written.at(-1)]).toEqual(['first', 'last'])
})

test('a change with a fault of its own is dropped and reported, and no other is lost', () => {
  const { writer, change, written, events } = create()
  writer.later(change('before'))
  writer.now(false, {
    write: () => {
      throw new TypeError('a fault')
    },
  })
  writer.now(false, change('after'))
  expect(written).toEqual(['before', 'after'])
  expect(events.filter((event) => event.startsWith('error'))).not.toEqual([])
})

test('stores what waits when it is closed', () => {
  const { writer, change, written, clock } = create()
  writer.later(change('pair'))
  writer.close()
  expect(written).toEqual(['pair'])
  expect(clock.size).toBe(0)
})
