import { expect, test } from 'vitest'
import type { Frame } from './frame-ledger.ts'
import { FrameLedger } from './frame-ledger.ts'

const frame = (byte: number, length = 1): Frame => ({
  type: 'text',
  bytes: new Uint8Array(length).fill(byte),
})

/** Gives a connection all that is due. Returns the first byte of each. */
function writeDue(ledger: FrameLedger): (number | undefined)[] {
  const written = []
  for (let due = ledger.due; due; due = ledger.due) {
    written.push(due.bytes[0])
    ledger.handleWritten()
  }
  return written
}

test('what the server lacks is due again, in order, and what it has is forgotten', () => {
  const ledger = new FrameLedger()
  for (const byte of [1, 2, 3, 4]) ledger.keep(frame(byte))
  expect(writeDue(ledger)).toEqual([1, 2, 3, 4])
  expect(ledger.resume(2)).toBe(true)
  expect(writeDue(ledger)).toEqual([3, 4])
  ledger.keep(frame(5))
  expect(ledger.resume(3)).toBe(true)
  expect(writeDue(ledger)).toEqual([4, 5])
  expect(ledger.resume(5)).toBe(true)
  expect(writeDue(ledger)).toEqual([])
})

test('a server that claims more than was sent, or less than is kept, is not believed', () => {
  const ledger = new FrameLedger()
  ledger.keep(frame(1))
  ledger.keep(frame(2))
  expect(ledger.resume(1)).toBe(true)
  expect(ledger.resume(0)).toBe(false)
  expect(ledger.resume(3)).toBe(false)
})

test('it keeps a bounded number of bytes, and says when one that is not written would be pushed out', () => {
  const ledger = new FrameLedger()
  for (let index = 0; index < 6; index++) {
    expect(ledger.hasRoomFor(frame(index, 50_000))).toBe(index < 5)
    ledger.keep(frame(index, 50_000))
  }
  writeDue(ledger)
  expect(ledger.hasRoomFor(frame(6, 50_000))).toBe(true)
  expect(ledger.resume(0)).toBe(false)
  expect(ledger.resume(1)).toBe(true)
  expect(writeDue(ledger)).toEqual([1, 2, 3, 4, 5])
})

test('frames that only wait to be given to a connection are not counted as written', () => {
  const ledger = new FrameLedger()
  ledger.keep(frame(1))
  writeDue(ledger)
  ledger.keep(frame(2))
  ledger.keep(frame(3))
  expect(ledger.written).toBe(1)
  // A server that has restarted believes that it has what was written, and nothing else.
  expect(ledger.resume(ledger.written)).toBe(true)
  expect(writeDue(ledger)).toEqual([2, 3])
  expect(ledger.written).toBe(3)
  // It says that it has never got them: until they are given to a connection again, none can have.
  ledger.resume(1)
  expect(ledger.written).toBe(1)
})
