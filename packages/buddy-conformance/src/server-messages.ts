// The fields of the messages that a server sends, as docs/protocol.md describes them.
import { FrameError, unpack, utf8, type Value } from './msgpack.ts'
import { maxBytes, nameOf, types, type TypeName } from './wire.ts'

/** Checks one field. Returns what is wrong with it; undefined if nothing is. */
type Check = (value: Value) => string | undefined

const uint: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
    ? undefined
    : 'is not an integer from 0 to 4294967295'

const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'is not a boolean')

const string =
  (min: number, max: number): Check =>
  (value) => {
    if (typeof value !== 'string') return 'is not a string'
    const { length } = utf8(value)
    return length >= min && length <= max ? undefined : `has ${length} bytes, not ${min} to ${max}`
  }

const nullable =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value)

const list =
  (max: number, check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return 'is not a list'
    if (value.length > max) return `has ${value.length} items, more than ${max}`
    return value.map((item: Value) => check(item)).find((fault) => fault !== undefined)
  }

const iceServer: Check = (value) => {
  if (!Array.isArray(value)) return 'is not a list'
  const [urls = null, username = null, credential = null] = value as readonly Value[]
  const text = nullable(string(0, 512))
  return list(8, string(1, 512))(urls) ?? text(username) ?? text(credential)
}

const iceServers = list(16, iceServer)

/** The fields of each message of a server, by name and in order. */
const fieldsOf = {
  welcome: {
    session: string(1, 64),
    name: string(0, 128),
    heartbeatMs: uint,
    iceServers,
    resumeToken: nullable(string(0, 1024)),
    received: nullable(uint),
    allowsText: boolean,
    allowsVideo: boolean,
    isRestored: boolean,
    visitorToken: nullable(string(0, 512)),
  },
  waiting: { online: uint },
  matched: {
    room: string(1, 64),
    isPolite: boolean,
    partnerName: string(0, 128),
    interests: list(10, string(1, 48)),
    isOffered: boolean,
    roomToken: nullable(string(0, 512)),
    languages: nullable(list(8, string(1, 35))),
    isRematch: nullable(boolean),
  },
  'partner-left': { reason: uint },
  stats: { online: uint, waiting: uint, rooms: uint },
  error: { code: uint, message: string(0, 256), retryAfterMs: nullable(uint) },
  'going-away': { reconnectAfterMs: uint },
  'partner-away': {},
  'partner-back': {},
  'ice-servers': { iceServers },
  searching: {
    online: uint,
    estimateMs: nullable(uint),
    interests: list(10, string(1, 48)),
    languages: list(8, string(1, 35)),
    widensInMs: nullable(uint),
    obstacle: uint,
  },
  measure: {
    kind: uint,
    reason: uint,
    isAutomatic: boolean,
    until: nullable(uint),
    appealUrl: nullable(string(0, 512)),
    decision: string(0, 64),
    statement: nullable(string(0, 512)),
  },
} as const satisfies Partial<Record<TypeName, Readonly<Record<string, Check>>>>

/** The messages of a server, with the types of their fields. */
export interface ServerMessages {
  readonly welcome: {
    readonly session: string
    readonly name: string
    readonly heartbeatMs: number
    readonly iceServers: readonly Value[]
    readonly resumeToken: string | null
    readonly received: number | null
    readonly allowsText: boolean
    readonly allowsVideo: boolean
    readonly isRestored: boolean
    readonly visitorToken: string | null
  }
  readonly waiting: { readonly online: number }
  readonly matched: {
    readonly room: string
    readonly isPolite: boolean
    readonly partnerName: string
    readonly interests: readonly string[]
    readonly isOffered: boolean
    readonly roomToken: string | null
    readonly languages: readonly string[] | null
    readonly isRematch: boolean | null
  }
  readonly 'partner-left': { readonly reason: number }
  readonly stats: { readonly online: number; readonly waiting: number; readonly rooms: number }
  readonly error: {
    readonly code: number
    readonly message: string
    readonly retryAfterMs: number | null
  }
  readonly 'going-away': { readonly reconnectAfterMs: number }
  readonly 'partner-away': Readonly<Record<never, never>>
  readonly 'partner-back': Readonly<Record<never, never>>
  readonly 'ice-servers': { readonly iceServers: readonly Value[] }
  readonly searching: {
    readonly online: number
    readonly estimateMs: number | null
    readonly interests: readonly string[]
    readonly languages: readonly string[]
    readonly widensInMs: number | null
    readonly obstacle: number
  }
  readonly measure: {
    readonly kind: number
    readonly reason: number
    readonly isAutomatic: boolean
    readonly until: number | null
    readonly appealUrl: string | null
    readonly decision: string
    readonly statement: string | null
  }
}

/** A frame that the server has sent. */
export interface Received {
  /** The name of the message; undefined if its type is unknown. */
  readonly name: TypeName | undefined
  /** The fields of a message of the server, by name. Empty for messages of the partner. */
  readonly fields: Readonly<Record<string, Value>>
  readonly bytes: Uint8Array
}

/** The messages that a server relays from the partner. The partner's client checks their fields. */
const relayed: ReadonlySet<TypeName> = new Set(['signal', 'text', 'typing', 'trust', 'consent'])

/**
 * Reads a frame of the server, and checks that it keeps all rules of its type.
 * @throws FrameError that names the broken rule
 */
export function readServerFrame(bytes: Uint8Array): Received {
  const number = bytes[1] ?? 0xff
  const name = number < 0x80 ? nameOf(types, number) : undefined
  if (name === undefined && number < 0x80) return { name, fields: {}, bytes }
  const values = unpack(bytes)
  if (name === undefined) throw new FrameError('the frame has no type')
  if (bytes.length > maxBytes[name]) {
    throw new FrameError(`${name} has ${bytes.length} bytes, more than ${maxBytes[name]}`)
  }
  if (relayed.has(name)) return { name, fields: {}, bytes }
  if (!(name in fieldsOf)) throw new FrameError(`only clients send ${name}`)
  const checks: Readonly<Record<string, Check>> = fieldsOf[name as keyof typeof fieldsOf]
  const fields = Object.entries(checks).map(([field, check], index): [string, Value] => {
    // Missing fields at the end count as nil.
    const value = values[index + 1] ?? null
    const fault = check(value)
    if (fault !== undefined) throw new FrameError(`${field} of ${name} ${fault}`)
    return [field, value]
  })
  return { name, fields: Object.fromEntries(fields), bytes }
}
