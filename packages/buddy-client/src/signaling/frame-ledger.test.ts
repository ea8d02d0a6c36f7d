import { expect, test } from 'vitest'
import { FrameLedger } from './frame-ledger.ts'

const frame = (byte: number, length = 1): Uint8Array<ArrayBuffer> =>
  new Uint8Array(length).fill(byte)

test('what the server lacks is sent again, in order, and what it has is forgotten', () => {
  const ledger = new FrameLedger()
  for (const byte of [1, 2, 3, 4]) ledger.keep(frame(byte))
  expect(ledger.missing(2)).toEqual([frame(3), frame(4)])
  ledger.keep(frame(5))
  expect(ledger.missing(3)).toEqual([frame(4), frame(5)])
  expect(ledger.missing(5)).toEqual([])
})

test('a server that claims more than was sent, or less than is kept, is not believed', () => {
  const ledger = new FrameLedger()
  ledger.keep(frame(1))
  ledger.keep(frame(2))
  expect(ledger.missing(1)).toHaveLength(1)
  expect(ledger.missing(0)).toBeUndefined()
  expect(ledger.missing(3)).toBeUndefined()
})

test('it keeps a bounded number of bytes, and says when one more frame would push another out', () => {
  const ledger = new FrameLedger()
  for (let index = 0; index < 6; index++) {
    expect(ledger.hasRoomFor(frame(index, 50_000))).toBe(index < 5)
    ledger.keep(frame(index, 50_000))
  }
  expect(ledger.missing(0)).toBeUndefined()
  expect(ledger.missing(1)).toHaveLength(5)
})

test('frames that only wait for a connection are not counted as written', () => {
  const ledger = new FrameLedger()
  ledger.keep(frame(1))
  ledger.handleWritten()
  ledger.keep(frame(2))
  ledger.keep(frame(3))
  expect(ledger.written).toBe(1)
  // A server that has restarted believes that it has what was written, and nothing else.
  expect(ledger.missing(ledger.written)).toEqual([frame(2), frame(3)])
  ledger.handleWritten()
  ledger.missing(2)
  expect(ledger.written).toBe(3)
})
