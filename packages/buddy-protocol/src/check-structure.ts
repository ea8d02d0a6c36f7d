import { ProtocolError } from './protocol-error.ts'

/** Arrays inside arrays: the deepest message (`welcome`) needs three below the frame's own. */
const maxDepth = 4
/** Values in one frame, all levels together. The fullest signal (64 candidates) has 327. */
const maxValues = 512

function malformed(why: string): never {
  throw new ProtocolError('malformed-frame', why)
}

/**
 * Throws `malformed-frame` unless `bytes` is exactly one msgpack array of nil, booleans,
 * integers, strings and arrays. Its work grows with the number of values, not of bytes, so a
 * relay can afford it without decoding. It runs before msgpackr for three reasons: msgpackr acts
 * on record definitions (extension 0x72) that a sender forges, even with `useRecords: false`,
 * and keeps them for later frames; it would build maps and extension objects that no message
 * has; and it trusts lengths before it has seen as many bytes.
 */
export function checkStructure(bytes: Uint8Array): void {
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
  const items = (count: number, depth: number): void => {
    if (depth > maxDepth) malformed(`arrays are nested deeper than ${maxDepth}`)
    for (let index = 0; index < count; index++) value(depth)
  }
  const value = (depth: number): void => {
    if (++values > maxValues) malformed(`the frame holds more than ${maxValues} values`)
    const tag = bytes[take(1)]!
    if (tag < 0x80 || tag >= 0xe0) return // positive and negative fixint
    if (tag >= 0xa0 && tag < 0xc0)
      take(tag & 0x1f) // fixstr
    else if (tag >= 0x90 && tag < 0xa0)
      items(tag & 0x0f, depth + 1) // fixarray
    else if (tag === 0xc0 || tag === 0xc2 || tag === 0xc3)
      return // nil, false, true
    else if (tag >= 0xcc && tag <= 0xcf)
      take(1 << (tag - 0xcc)) // uint 8 to 64
    else if (tag >= 0xd0 && tag <= 0xd3)
      take(1 << (tag - 0xd0)) // int 8 to 64
    else if (tag === 0xd9)
      take(length(1)) // str 8
    else if (tag === 0xda)
      take(length(2)) // str 16
    else if (tag === 0xdb)
      take(length(4)) // str 32
    else if (tag === 0xdc)
      items(length(2), depth + 1) // array 16
    else if (tag === 0xdd)
      items(length(4), depth + 1) // array 32
    else malformed(`0x${tag.toString(16)} is not a kind of value this protocol uses`)
  }

  if (end === 0) malformed('the frame is empty')
  if ((bytes[0]! & 0xf0) !== 0x90) malformed('the frame is not a msgpack array of up to 15')
  if (bytes[0] === 0x90) malformed('the frame names no type')
  if (end < 2 || bytes[1]! > 0x7f) malformed('the type is not an integer of one byte')
  value(0)
  if (at !== end) malformed('bytes follow the frame')
}
