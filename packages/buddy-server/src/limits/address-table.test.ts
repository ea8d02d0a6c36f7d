import { expect, test } from 'vitest'
import { AddressTable } from './address-table.ts'

interface Entry {
  readonly number: number
  isIdle: boolean
}

function createTable(maxAddresses = 2): AddressTable<Entry> {
  let created = 0
  return new AddressTable({
    maxAddresses,
    create: () => ({ number: ++created, isIdle: false }),
    isIdle: ({ isIdle }) => isIdle,
  })
}

test('creates one entry for each address, and keeps it', () => {
  const table = createTable()
  expect(table.find('a')).toBeUndefined()
  const [one, other] = [table.get('a'), table.get('b')]
  expect(one).not.toBe(other)
  expect([table.get('a'), table.find('a'), table.size]).toEqual([one, one, 2])
})

test('shares one entry among all addresses after the first `maxAddresses`, and keeps the entries of those', () => {
  const table = createTable()
  const [one] = [table.get('a'), table.get('b')]
  const shared = table.get('c')
  expect([table.get('d'), table.find('e'), table.size]).toEqual([shared, shared, 2])
  expect(table.get('a')).toBe(one)
  expect(shared).not.toBe(one)
})

test('a sweep removes idle entries, so that new addresses get an entry of their own', async () => {
  const table = createTable()
  table.get('a').isIdle = true
  const other = table.get('b')
  table.get('c').isIdle = true
  await table.sweep()
  expect([table.find('a'), table.find('b'), table.find('c')]).toEqual([undefined, other, undefined])
  expect(table.get('d')).toBe(table.find('d'))
  expect(table.size).toBe(2)
})

test('a sweep of many addresses yields to the event loop', async () => {
  const table = createTable(1000)
  for (let address = 0; address < 1000; address++) table.get(String(address)).isIdle = true
  const swept = table.sweep()
  await new Promise((resolve) => setImmediate(resolve))
  expect(table.size).toBeGreaterThan(500)
  await swept
  expect(table.size).toBe(0)
})
