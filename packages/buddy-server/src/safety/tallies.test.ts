import { expect, test } from 'vitest'
import { MemoryStore } from './memory-store.ts'
import type { StoreWrite } from './store-writer.ts'
import { Tallies } from './tallies.ts'

test('a tally that the writer had to drop is stored with its next change', () => {
  const store = new MemoryStore()
  let isFull = true
  const later = ({ write, onStored }: StoreWrite): boolean => {
    if (isFull) return false
    write(store)
    onStored?.()
    return true
  }
  const tallies = new Tallies({ store, writer: { later }, wallNow: () => 0 })
  tallies.addMet('ana')
  expect(store.findTally('ana')).toBeUndefined()
  isFull = false
  tallies.addMet('ana')
  expect(store.findTally('ana')).toMatchObject({ met: 2 })
})
