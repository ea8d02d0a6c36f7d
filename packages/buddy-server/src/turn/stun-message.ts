// The format of STUN messages (RFC 8489) as far as TURN (RFC 8656) needs it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { isIPv6, SocketAddress } from 'node:net'

/** The methods that are used, by their numbers. */
export const stunMethods = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  data: 0x007,
  createPermission: 0x008,
} as const

/** The attributes that are used, by their numbers. */
export const stunAttributes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
} as const

/** The class of a message, by the bits of its type. */
const kinds = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const

/** An attribute: its number and its value. */
export type StunAttribute = readonly [type: number, value: Buffer]

/** A decoded message. If an attribute appears more than once, only the first counts (RFC 8489 §14). */
export interface StunMessage {
  readonly method: number
  readonly kind: keyof typeof kinds
  /** 12 bytes, the same in a request and its response. */
  readonly transactionId: Buffer
  readonly attributes: ReadonlyMap<number, Buffer>
}

const headerBytes = 20
const magicCookie = Buffer.from([0x21, 0x12, 0xa4, 0x42])
const hmacBytes = 20

function header(type: number, length: number, transactionId: Buffer): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(length, 2)
  magicCookie.copy(bytes, 4)
  return Buffer.concat([bytes, transactionId])
}

function attribute([type, value]: StunAttribute): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  value.copy(bytes, 4)
  return bytes
}

/** Encodes a request. With `key`, appends the attribute that proves the password. */
export function encodeRequest(
  method: number,
  transactionId: Buffer,
  attributes: readonly StunAttribute[],
  key?: Buffer,
): Buffer {
  // All methods in use are below 16, so their bits are not split by those of the class.
  const body = Buffer.concat(attributes.map(attribute))
  if (!key) return Buffer.concat([header(method, body.length, transactionId), body])
  // The length in the header includes the integrity attribute, whose value covers all before it.
  const covered = Buffer.concat([header(method, body.length + 24, transactionId), body])
  const hmac = createHmac('sha1', key).update(covered).digest()
  return Buffer.concat([covered, attribute([stunAttributes.messageIntegrity, hmac])])
}

/** Returns the whole length of the message that begins with these bytes. Undefined if there are too few. */
export function stunLength(bytes: Buffer): number | undefined {
  return bytes.length < headerBytes ? undefined : headerBytes + bytes.readUInt16BE(2)
}

/** Returns each attribute with the position at which it begins. Undefined if one is cut off. */
function attributesIn(bytes: Buffer): [type: number, start: number, value: Buffer][] | undefined {
  const found: [number, number, Buffer][] = []
  let start = headerBytes
  while (start < bytes.length) {
    if (start + 4 > bytes.length) return undefined
    const length = bytes.readUInt16BE(start + 2)
    if (start + 4 + length > bytes.length) return undefined
    found.push([bytes.readUInt16BE(start), start, bytes.subarray(start + 4, start + 4 + length)])
    start += 4 + Math.ceil(length / 4) * 4
  }
  return found
}

/** Decodes a message. Undefined if the bytes are not exactly one message. */
export function decodeStun(bytes: Buffer): StunMessage | undefined {
  if (bytes.length !== stunLength(bytes) || bytes.length % 4 !== 0) return undefined
  if (!bytes.subarray(4, 8).equals(magicCookie)) return undefined
  const type = bytes.readUInt16BE(0)
  const kind = (Object.keys(kinds) as (keyof typeof kinds)[]).find(
    (each) => kinds[each] === (type & 0x110),
  )
  const found = attributesIn(bytes)
  if (type > 0x3fff || !kind || !found) return undefined
  const attributes = new Map<number, Buffer>()
  for (const [number, , value] of found) {
    if (!attributes.has(number)) attributes.set(number, value)
  }
  return { method: type & ~0x110, kind, transactionId: bytes.subarray(8, 20), attributes }
}

/** Returns whether the sender of these bytes, which are one message, knew `key`. */
export function hasIntegrity(bytes: Buffer, key: Buffer): boolean {
  const [, start, value] =
    attributesIn(bytes)?.find(([type]) => type === stunAttributes.messageIntegrity) ?? []
  if (start === undefined || value?.length !== hmacBytes) return false
  const covered = Buffer.from(bytes.subarray(0, start))
  covered.writeUInt16BE(start + 24 - headerBytes, 2)
  return timingSafeEqual(createHmac('sha1', key).update(covered).digest(), value)
}

/** The error in an error response. */
export interface StunFault {
  readonly code: number
  readonly reason: string
}

/** Returns the error code and its text, in which only printable ASCII remains. Undefined if there is none. */
export function faultIn({ attributes }: StunMessage): StunFault | undefined {
  const value = attributes.get(stunAttributes.errorCode)
  if (!value || value.length < 4) return undefined
  const code = ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0)
  const reason = value.toString('latin1', 4, 84).replace(/[^\x20-\x7e]/g, '')
  return { code, reason }
}

function mask(transactionId: Buffer): Buffer {
  return Buffer.concat([magicCookie, transactionId])
}

const xor = (value: Buffer, key: Buffer): Buffer =>
  Buffer.from(value.map((byte, index) => byte ^ (key[index] ?? 0)))

/** Returns the 4 or 16 bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  // The parser of URLs writes an embedded IPv4 address as two groups.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [left = [], right = []] = groups.map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(groups.length === 2 ? 8 - left.length - right.length : 0).fill('0')
  return Buffer.from(
    [...left, ...zeros, ...right].flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 255]
    }),
  )
}

/** Encodes an address with a port, masked as in XOR-PEER-ADDRESS (RFC 8489 §14.2). */
export function encodeXorAddress(address: string, port: number, transactionId: Buffer): Buffer {
  const plain = Buffer.concat([Buffer.alloc(2), addressBytes(address)])
  plain.writeUInt16BE(port ^ magicCookie.readUInt16BE(0), 0)
  const masked = xor(plain.subarray(2), mask(transactionId))
  return Buffer.concat([Buffer.from([0, isIPv6(address) ? 2 : 1]), plain.subarray(0, 2), masked])
}

/** Decodes a masked address. Undefined if the value is not one. */
export function decodeXorAddress(
  value: Buffer | undefined,
  transactionId: Buffer,
): { readonly address: string; readonly port: number } | undefined {
  const family = value?.[1]
  if (!value || value.length !== (family === 2 ? 20 : 8) || (family !== 1 && family !== 2)) {
    return undefined
  }
  const port = value.readUInt16BE(2) ^ magicCookie.readUInt16BE(0)
  const bytes = xor(value.subarray(4), mask(transactionId))
  if (family === 1) return { address: [...bytes].join('.'), port }
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return { address: new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address, port }
}
