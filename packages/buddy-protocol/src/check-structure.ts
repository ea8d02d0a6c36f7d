import { ProtocolError } from './protocol-error.ts'
import type { Utf8Check } from './unicode.ts'
import { isUtf8 } from './unicode.ts'

/** Arrays inside arrays: the deepest message (`welcome`) needs three below the frame's own. */
const maxDepth = 4
/** Values in one frame, all levels together. The fullest signal (64 candidates) has 327. */
const maxValues = 512
/** Up to so many bytes of ASCII, a loop is faster than any call. */
const shortBytes = 24

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index]! >= 0x80) return false
  return true
}

function malformed(why: string): never {
  throw new ProtocolError('malformed-frame', why)
}

/**
 * Throws `malformed-frame` unless `bytes`, which begin like a message (`peekNumber`), are exactly one
 * msgpack array of nil, booleans, integers, strings of valid UTF-8 and arrays. A relay can afford it without decoding. It runs before msgpackr
 * for four reasons: msgpackr acts on record definitions (extension 0x72) that a sender forges, even
 * with `useRecords: false`, and keeps them for later frames; it would build maps and extension
 * objects that no message has; it trusts lengths before it has seen as many bytes; and it replaces
 * invalid UTF-8 without a word, so that two receivers of the same bytes may read different texts.
 * @param isValidUtf8 a faster check, if the platform has one
 */
export function checkStructure(bytes: Uint8Array, isValidUtf8: Utf8Check = isUtf8): void {
  const end = bytes.length
  let at = 0
  let values = 0

  const take = (count: number): number => {
    const start = at
    at += count
    if (at > end) malformed('the frame ends inside a value')
    return start
  }
  const length = (byteCount: 1 | 2 | 4): number => {
    let result = 0
    for (let index = take(byteCount); index < at; index++) result = result * 256 + bytes[index]!
    return result
  }
  const string = (byteCount: number): void => {
    const start = take(byteCount)
    if (byteCount <= shortBytes && isAscii(bytes, start, at)) return
    if (!isValidUtf8(bytes.subarray(start, at))) malformed('a string is not valid UTF-8')
  }
  const items = (count: number, depth: number): void => {
    if (depth > maxDepth) malformed(`arrays are nested deeper than ${maxDepth}`)
    for (let index = 0; index < count; index++) value(depth)
  }
  const value = (depth: number): void => {
    if (++values > maxValues) malformed(`the frame holds more than ${maxValues} values`)
    const tag = bytes[take(1)]!
    if (tag < 0x80 || tag >= 0xe0) return // positive and negative fixint
    if (tag >= 0xa0 && tag < 0xc0)
      string(tag & 0x1f) // fixstr
    else if (tag >= 0x90 && tag < 0xa0)
      items(tag & 0x0f, depth + 1) // fixarray
    else if (tag === 0xc0 || tag === 0xc2 || tag === 0xc3)
      return // nil, false, true
    else if (tag >= 0xcc && tag <= 0xcf)
      take(1 << (tag - 0xcc)) // uint 8 to 64
    else if (tag >= 0xd0 && tag <= 0xd3)
      take(1 << (tag - 0xd0)) // int 8 to 64
    else if (tag === 0xd9)
      string(length(1)) // str 8
    else if (tag === 0xda)
      string(length(2)) // str 16
    else if (tag === 0xdb)
      string(length(4)) // str 32
    else if (tag === 0xdc)
      items(length(2), depth + 1) // array 16
    else if (tag === 0xdd)
      items(length(4), depth + 1) // array 32
    else malformed(`0x${tag.toString(16)} is not a kind of value this protocol uses`)
  }

  value(0)
  if (at !== end) malformed('bytes follow the frame')
}
