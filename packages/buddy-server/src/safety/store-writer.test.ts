import { expect, test } from 'vitest'
import { ManualClock } from '../clock.fixture.ts'
import type { Store } from './store.ts'
import { StoreError } from './store.ts'
import type { WriteKind } from './store-writer.ts'
import { StoreWriter } from './store-writer.ts'

/** A store that records what is written, and fails while `fault` is set. */
function create() {
  const clock = new ManualClock()
  const written: string[] = []
  const transactions: { count: number; isDurable: boolean }[] = []
  const events: string[] = []
  const dropped: string[] = []
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
    onDropped: (kind) => dropped.push(kind),
    onError: (error) => events.push(`error: ${String(error)}`),
  })
  const change = (name: string, kind: WriteKind = 'decision') => ({
    kind,
    write: () => void written.push(name),
    onStored: () => void events.push(`stored ${name}`),
  })
  return { clock, written, transactions, events, dropped, world, writer, change }
}

const full = new StoreError('unwritable', 'the disk is full')

test('stores a change at once, and returns true', () => {
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

test('keeps changes while the store fails, reports the failure once, and stores them in order when it works again', () => {
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

test('while the store fails, each kind of change is bounded, and no flood displaces a ban or a block', () => {
  const { writer, change, written, dropped, world, clock } = create()
  world.fault = full
  writer.now(true, change('ban'))
  for (let index = 0; index < 60_000; index++) {
    writer.later(change('met', 'meeting'))
    writer.now(false, change('reported', 'report'))
    writer.now(false, change('seen', 'picture'))
  }
  writer.now(false, change('block', 'block'))
  writer.now(true, change('last ban'))
  const counted = (kind: string): number => dropped.filter((one) => one === kind).length
  expect(['meeting', 'report', 'picture'].map(counted)).toEqual([10_000, 55_000, 59_800])
  expect(dropped).toHaveLength(124_800)
  world.fault = undefined
  clock.advance(60_000)
  expect(written).toHaveLength(55_203)
  expect([written[0], ...written.slice(-2)]).toEqual(['ban', 'block', 'last ban'])
  // There is room again.
  expect(writer.now(false, change('reported', 'report'))).toBe(true)
  expect(dropped).toHaveLength(124_800)
})

test('decisions are bounded too', () => {
  const { writer, change, world } = create()
  world.fault = full
  for (let index = 0; index < 20_000; index++) writer.now(true, change('ban'))
  expect(writer.hasRoom('decision')).toBe(false)
  expect(writer.hasRoom('block')).toBe(true)
})

test('while the store fails, a flood of changes causes one attempt each second', () => {
  const { writer, change, world, clock } = create()
  let attempts = 0
  Object.defineProperty(world, 'fault', {
    get: () => {
      attempts++
      return full
    },
  })
  for (let index = 0; index < 1000; index++) writer.now(false, change('reported', 'report'))
  expect(attempts).toBeLessThanOrEqual(2)
  clock.advance(3000)
  expect(attempts).toBeLessThanOrEqual(2 + 3 * 2)
})

test('a change with a fault of its own is dropped and reported, and no other is lost', () => {
  const { writer, change, written, events } = create()
  writer.later(change('before'))
  writer.now(false, {
    kind: 'report',
    write: () => {
      throw new TypeError('a fault')
    },
  })
  writer.now(false, change('after'))
  expect(written).toEqual(['before', 'after'])
  expect(events.filter((event) => event.startsWith('error'))).not.toEqual([])
})

test('stores the waiting changes when it is closed', () => {
  const { writer, change, written, clock } = create()
  writer.later(change('pair'))
  writer.close()
  expect(written).toEqual(['pair'])
  expect(clock.size).toBe(0)
})
