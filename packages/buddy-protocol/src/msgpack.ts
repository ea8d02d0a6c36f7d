// The part of msgpack that frames use, encoded and decoded. It is small, because every page that embeds
// Buddy loads it.
import { faults, malformed, maxDepth, maxValues, unknownTag } from './structure.ts'
import { readUtf8, writeUtf8 } from './unicode.ts'

/** A value that a frame can hold. Numbers are integers from 0 to 2^32 − 1; lists have at most 65,535 items. */
export type WireValue = null | boolean | number | string | readonly WireValue[]

/**
 * `Uint8Array<ArrayBuffer>`, written so that TypeScript before 5.7, where `Uint8Array` has no type parameter,
 * accepts the published types too.
 */
export type FrameBytes = ReturnType<Uint8ArrayConstructor['of']>

/** Encodes and decodes the values of frames. */
export interface Msgpack {
  /** Encodes `values` as an array, each value in its shortest form. Later calls do not change the result. */
  pack(values: readonly WireValue[]): FrameBytes
  /**
   * Decodes a frame that begins like a message (see `peekNumber`).
   * @throws ProtocolError `malformed-frame`, for every frame that `checkStructure` refuses and for no other
   */
  unpack(frame: Uint8Array): unknown[]
}

/** Up to this length in bytes, a loop decodes ASCII faster than a call of the text decoder. */
const shortBytes = 24

/** The array that is being encoded, of which the first `end` bytes are complete. */
let target = new Uint8Array(4096)
let end = 0

function reserve(byteCount: number): void {
  if (end + byteCount <= target.length) return
  const larger = new Uint8Array(2 * (end + byteCount))
  larger.set(target)
  target = larger
}

/** Writes `value` in 1, 2 or 4 bytes, after the tag for that length. The tags follow each other. */
function writeSized(firstTag: number, value: number): void {
  const size = value < 0x100 ? 0 : value < 0x1_0000 ? 1 : 2
  target[end++] = firstTag + size
  for (let shift = (8 << size) - 8; shift >= 0; shift -= 8) target[end++] = value >>> shift
}

function writeString(text: string): void {
  const { length } = text
  const start = end
  // A UTF-16 unit takes at most three bytes, and the longest header five.
  reserve(5 + 3 * length)
  if (length < 32) {
    target[end++] = 0xa0 + length
    for (let index = 0; ; index++) {
      if (index === length) return
      const unit = text.charCodeAt(index)
      if (unit >= 0x80) break
      target[end++] = unit
    }
    end = start
  }
  // The length of the header depends on the number of bytes, so the text is written first and then moved.
  const byteCount = writeUtf8(text, target.subarray(start + 5))
  if (byteCount < 32) target[end++] = 0xa0 + byteCount
  else writeSized(0xd9, byteCount)
  target.copyWithin(end, start + 5, start + 5 + byteCount)
  end += byteCount
}

function write(value: WireValue): void {
  if (typeof value === 'string') {
    writeString(value)
    return
  }
  reserve(5)
  if (typeof value === 'number') {
    if (value < 0x80) target[end++] = value
    else writeSized(0xcc, value)
  } else if (value === null || typeof value === 'boolean') {
    target[end++] = value === null ? 0xc0 : value ? 0xc3 : 0xc2
  } else {
    const { length } = value
    if (length < 16) target[end++] = 0x90 + length
    else {
      target[end++] = 0xdc
      target[end++] = length >>> 8
      target[end++] = length
    }
    for (const item of value) write(item)
  }
}

function unpack(frame: Uint8Array): unknown[] {
  let at = 0
  let values = 0

  /** Skips bytes, and returns the index of the first one. */
  const skip = (byteCount: number): number => {
    const start = at
    at += byteCount
    if (at > frame.length) malformed(faults.cutShort)
    return start
  }

  /** Reads a big-endian integer of up to four bytes. */
  const readInteger = (byteCount: number, isSigned = false): number => {
    const start = skip(byteCount)
    let value = isSigned && frame[start]! >= 0x80 ? -1 : 0
    for (let index = start; index < at; index++) value = value * 0x100 + frame[index]!
    return value
  }

  const readString = (length: number): string => {
    const start = skip(length)
    if (length <= shortBytes) {
      let text = ''
      for (let index = start; ; index++) {
        if (index === at) return text
        const byte = frame[index]!
        if (byte >= 0x80) break
        text += String.fromCharCode(byte)
      }
    }
    return readUtf8(frame.subarray(start, at)) ?? malformed(faults.notUtf8)
  }

  const readArray = (length: number, depth: number): unknown[] => {
    if (depth > maxDepth) malformed(faults.tooDeep)
    const items = []
    while (items.length < length) items.push(read(depth))
    return items
  }

  /** Reads a value that is inside of `depth` arrays. */
  const read = (depth: number): unknown => {
    if (++values > maxValues) malformed(faults.tooManyValues)
    const tag = frame[skip(1)]!
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 0x100
    if (tag >= 0xa0 && tag < 0xc0) return readString(tag & 0x1f)
    if (tag >= 0x90 && tag < 0xa0) return readArray(tag & 0x0f, depth + 1)
    if (tag === 0xc0) return null
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3
    if (tag >= 0xcc && tag <= 0xd3) {
      const isSigned = tag >= 0xd0
      const byteCount = 1 << (tag & 3)
      if (byteCount < 8) return readInteger(byteCount, isSigned)
      return readInteger(4, isSigned) * 2 ** 32 + readInteger(4)
    }
    if (tag >= 0xd9 && tag <= 0xdb) return readString(readInteger(1 << (tag - 0xd9)))
    if (tag === 0xdc || tag === 0xdd) return readArray(readInteger(2 << (tag - 0xdc)), depth + 1)
    return unknownTag(tag)
  }

  const message = read(0)
  if (at !== frame.length) malformed(faults.notAtEnd)
  return message as unknown[]
}

/** The implementation that `encode` and `decode` use. */
export const msgpack: Msgpack = {
  pack(values) {
    end = 0
    write(values)
    return target.slice(0, end)
  },
  unpack,
}
