import { faults, malformed, maxDepth, maxValues, unknownTag } from './structure.ts'
import type { Utf8Check } from './unicode.ts'
import { isUtf8 } from './unicode.ts'

/** The length in bytes up to which a loop checks ASCII strings faster than a call of the UTF-8 check. */
const shortBytes = 24

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index]! >= 0x80) return false
  return true
}

/** Returns the big-endian number in the `byteCount` bytes from index `at` on. */
function readLength(bytes: Uint8Array, at: number, byteCount: number): number {
  if (at + byteCount > bytes.length) malformed(faults.cutShort)
  let length = 0
  for (let index = at; index < at + byteCount; index++) length = length * 256 + bytes[index]!
  return length
}

/**
 * Checks that `bytes`, which begin like a message (see `peekNumber`), are exactly one msgpack array of
 * nil, booleans, integers, strings of valid UTF-8 and arrays. The server checks frames for the partner in
 * this way, without decoding them. The function is one loop, because closures and recursion would take more
 * time than the check of the strings.
 *
 * A decoder for all of msgpack needs this check before it, because such a decoder, for example msgpackr,
 * - acts on record definitions (extension 0x72) that a sender has forged, even with `useRecords: false`,
 *   and keeps them for later frames;
 * - builds maps and extension objects, which no message has;
 * - trusts the length of a value without checking that as many bytes follow;
 * - silently replaces invalid UTF-8, so that two receivers of the same bytes may read different texts.
 * @param isValidUtf8 replaces the default check, if the platform has a faster one
 * @throws ProtocolError `malformed-frame`
 */
export function checkStructure(bytes: Uint8Array, isValidUtf8: Utf8Check = isUtf8): void {
  const end = bytes.length
  let at = 0
  let values = 0
  let depth = 0
  /** The number of values still to read of each array that has begun, starting with the outermost one. */
  const due = [1]
  while (depth >= 0) {
    if (due[depth] === 0) {
      depth--
      continue
    }
    due[depth]!--
    if (++values > maxValues) malformed(faults.tooManyValues)
    if (at >= end) malformed(faults.cutShort)
    const tag = bytes[at++]!
    if (tag < 0x80 || tag >= 0xe0) continue // positive and negative fixint
    if (tag === 0xc0 || tag === 0xc2 || tag === 0xc3) continue // nil, false, true
    if (tag >= 0xcc && tag <= 0xd3) {
      at += 1 << (tag & 3) // uint 8 to 64, int 8 to 64
      if (at > end) malformed(faults.cutShort)
      continue
    }
    let length: number
    let isArray = false
    if (tag >= 0x90 && tag < 0xa0) {
      length = tag & 0x0f // fixarray
      isArray = true
    } else if (tag >= 0xa0 && tag < 0xc0) {
      length = tag & 0x1f // fixstr
    } else if (tag >= 0xd9 && tag <= 0xdd) {
      isArray = tag >= 0xdc // array 16 and 32, otherwise str 8 to 32
      const byteCount = isArray ? 2 << (tag - 0xdc) : 1 << (tag - 0xd9)
      length = readLength(bytes, at, byteCount)
      at += byteCount
    } else unknownTag(tag)
    if (isArray) {
      if (++depth > maxDepth) malformed(faults.tooDeep)
      due[depth] = length
      continue
    }
    const start = at
    at += length
    if (at > end) malformed(faults.cutShort)
    if (length <= shortBytes && isAscii(bytes, start, at)) continue
    if (!isValidUtf8(bytes.subarray(start, at))) malformed(faults.notUtf8)
  }
  if (at !== end) malformed(faults.notAtEnd)
}
