import { expect, test } from 'vitest'
import type { Frame } from './frame-ledger.ts'
import { FrameLedger } from './frame-ledger.ts'

const frame = (byte: number, length = 1): Frame => ({
  type: 'text',
  bytes: new Uint8Array(length).fill(byte),
})

/** Writes all due frames to a connection. Returns the first byte of each. */
function writeDue(ledger: FrameLedger): (number | undefined)[] {
  const written = []
  for (let due = ledger.due; due; due = ledger.due) {
    written.push(due.bytes[0])
    ledger.handleWritten()
  }
  return written
}

test('returns frames that the server lacks as due again, in order, and drops those that it has', () => {
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

test('cannot resume if the server claims more frames than were sent, or lacks frames that were dropped', () => {
  const ledger = new FrameLedger()
  ledger.keep(frame(1))
  ledger.keep(frame(2))
  expect(ledger.resume(1)).toBe(true)
  expect(ledger.resume(0)).toBe(false)
  expect(ledger.resume(3)).toBe(false)
})

test('keeps a limited number of bytes, and has no room if an unwritten frame would be dropped', () => {
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

test('counts only frames that were written to a connection', () => {
  const ledger = new FrameLedger()
  ledger.keep(frame(1))
  writeDue(ledger)
  ledger.keep(frame(2))
  ledger.keep(frame(3))
  expect(ledger.written).toBe(1)
  // A server that has restarted reports exactly the written frames as received.
  expect(ledger.resume(ledger.written)).toBe(true)
  expect(writeDue(ledger)).toEqual([2, 3])
  expect(ledger.written).toBe(3)
  // The server lacks frames 2 and 3. They do not count as written until they are written again.
  ledger.resume(1)
  expect(ledger.written).toBe(1)
})
