// The part of msgpack that the protocol uses, written from docs/protocol.md. It shares no code with
// `@buddy-chat/protocol`, so that it does not share its faults.

/** A value in a frame. Bytes are copied into the frame as they are, so that a case can forge any encoding. */
export type Packable =
  number | string | boolean | null | Uint8Array | readonly (Packable | undefined)[]

/** A value that was read from a frame. */
export type Value = number | string | boolean | null | readonly Value[]

/** Thrown if bytes are not a frame of the protocol. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const maxDepth = 4
const maxValues = 512

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns bytes, each an integer or a list of integers. */
export const bytes = (...parts: readonly (number | Iterable<number>)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])))

/** Returns the bytes of a text in UTF-8. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

function bigEndian(value: number, byteCount: number): number[] {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)))
  return [...new Uint8Array(view.buffer)].slice(8 - byteCount)
}

function integer(value: number): number[] {
  if (value >= -32 && value < 128) return [value & 0xff]
  if (value < 0) return [0xd3, ...bigEndian(value, 8)]
  if (value < 0x100) return [0xcc, value]
  if (value < 0x1_0000) return [0xcd, ...bigEndian(value, 2)]
  if (value < 0x1_0000_0000) return [0xce, ...bigEndian(value, 4)]
  return [0xcf, ...bigEndian(value, 8)]
}

function stringHead(length: number): number[] {
  if (length < 32) return [0xa0 + length]
  if (length < 0x100) return [0xd9, length]
  if (length < 0x1_0000) return [0xda, ...bigEndian(length, 2)]
  return [0xdb, ...bigEndian(length, 4)]
}

function arrayHead(length: number): number[] {
  if (length < 16) return [0x90 + length]
  return length < 0x1_0000 ? [0xdc, ...bigEndian(length, 2)] : [0xdd, ...bigEndian(length, 4)]
}

/** Encodes a value in its shortest form. Undefined items of lists are left out. */
export function pack(value: Packable): Uint8Array {
  if (value === null) return bytes(0xc0)
  if (typeof value === 'boolean') return bytes(value ? 0xc3 : 0xc2)
  if (typeof value === 'number') return bytes(integer(value))
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') {
    const text = encoder.encode(value)
    return Buffer.concat([bytes(stringHead(text.length)), text])
  }
  const items = value.filter((item) => item !== undefined)
  return Buffer.concat([bytes(arrayHead(items.length)), ...items.map(pack)])
}

/** Encodes values in a longer form than they need. */
export const longForm = {
  uint8: (value: number) => bytes(0xcc, bigEndian(value, 1)),
  uint16: (value: number) => bytes(0xcd, bigEndian(value, 2)),
  uint32: (value: number) => bytes(0xce, bigEndian(value, 4)),
  uint64: (value: number) => bytes(0xcf, bigEndian(value, 8)),
  int8: (value: number) => bytes(0xd0, bigEndian(value, 1)),
  int16: (value: number) => bytes(0xd1, bigEndian(value, 2)),
  int32: (value: number) => bytes(0xd2, bigEndian(value, 4)),
  int64: (value: number) => bytes(0xd3, bigEndian(value, 8)),
  string8: (text: string) => bytes(0xd9, bigEndian(utf8(text).length, 1), utf8(text)),
  string16: (text: string) => bytes(0xda, bigEndian(utf8(text).length, 2), utf8(text)),
  string32: (text: string) => bytes(0xdb, bigEndian(utf8(text).length, 4), utf8(text)),
  array16: (...items: readonly Packable[]) =>
    bytes(0xdc, bigEndian(items.length, 2), ...items.map(pack)),
  array32: (...items: readonly Packable[]) =>
    bytes(0xdd, bigEndian(items.length, 4), ...items.map(pack)),
} as const

/**
 * Reads a frame and checks all rules of "Bytes" on the page.
 * @throws FrameError that names the broken rule
 */
export function unpack(frame: Uint8Array): readonly Value[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  let at = 0
  let values = 0
  const take = (length: number): number => {
    const start = at
    at += length
    if (at > frame.length) throw new FrameError('the frame ends inside a value')
    return start
  }
  const unsigned = (byteCount: number): number => {
    const start = take(byteCount)
    if (byteCount === 1) return view.getUint8(start)
    if (byteCount === 2) return view.getUint16(start)
    return byteCount === 4 ? view.getUint32(start) : Number(view.getBigUint64(start))
  }
  const signed = (byteCount: number): number => {
    const start = take(byteCount)
    if (byteCount === 1) return view.getInt8(start)
    if (byteCount === 2) return view.getInt16(start)
    return byteCount === 4 ? view.getInt32(start) : Number(view.getBigInt64(start))
  }
  const text = (length: number): string => {
    const start = take(length)
    try {
      return decoder.decode(frame.subarray(start, at))
    } catch {
      throw new FrameError('a string is not valid UTF-8')
    }
  }
  const array = (length: number, depth: number): readonly Value[] => {
    if (depth > maxDepth) throw new FrameError(`arrays are nested more than ${maxDepth} deep`)
    return Array.from({ length }, () => read(depth + 1))
  }
  const read = (depth: number): Value => {
    if (++values > maxValues) throw new FrameError(`the frame has more than ${maxValues} values`)
    const tag = unsigned(1)
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 0x100
    if (tag >= 0x90 && tag < 0xa0) return array(tag & 0x0f, depth)
    if (tag >= 0xa0 && tag < 0xc0) return text(tag & 0x1f)
    if (tag === 0xc0) return null
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3
    if (tag >= 0xcc && tag <= 0xcf) return unsigned(1 << (tag & 3))
    if (tag >= 0xd0 && tag <= 0xd3) return signed(1 << (tag & 3))
    if (tag >= 0xd9 && tag <= 0xdb) return text(unsigned(1 << (tag - 0xd9)))
    if (tag === 0xdc || tag === 0xdd) return array(unsigned(2 << (tag - 0xdc)), depth)
    throw new FrameError(`0x${tag.toString(16)} is not a kind of value that the protocol uses`)
  }
  const [head = 0, type = 0xff] = frame
  if (head < 0x91 || head > 0x9f || type > 0x7f) {
    throw new FrameError('the frame is not an array of the short form with a type below 128')
  }
  const fields = read(1) as readonly Value[]
  if (at !== frame.length) throw new FrameError('bytes follow the frame')
  return fields
}
