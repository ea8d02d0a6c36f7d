// Random input for the comparison of the codecs: messages, values of the wire, and their encodings.
import type { Message, MessageOf, MessageType, WireValue } from '@buddy-chat/protocol'
import {
  callFailures,
  consentTopics,
  errorCodes,
  leaveReasons,
  maxFieldBytes,
  measureKinds,
  messages,
  modes,
  reportReasons,
  searchObstacles,
} from '@buddy-chat/protocol'
import type { Random } from '../load/random.ts'

/** Characters of each length in UTF-8, the first and last ones among them, and a byte order mark. */
const characters = [
  'a',
  '~',
  '\0',
  '\u007f',
  'é',
  '\u07ff',
  '\u0800',
  '€',
  '\ufeff',
  '\uffff',
  '👋',
]
const loneSurrogates = ['\ud800', '\udbff', '\udc00', '\udfff']
/** Lengths at which the header of a string, or the way in which it is encoded, changes. */
const lengths = [0, 1, 8, 15, 16, 23, 24, 25, 31, 32, 33, 63, 64, 65, 128, 255, 256, 1024, 4096]

/** Returns a text of `minLength` to about `maxLength` bytes of UTF-8. */
function drawText(random: Random, maxLength: number, minLength = 0): string {
  const { below, chance, pick } = random
  const length = Math.max(minLength, Math.min(maxLength, chance(0.5) ? below(20) : pick(lengths)))
  if (chance(0.5)) return 'm'.repeat(length)
  const alphabet = chance(0.2) ? [...characters, ...loneSurrogates] : characters
  let text = ''
  for (let bytes = 0; bytes < length; bytes += 2.2) text += pick(alphabet)
  // Often fills the text up to one length, so that it also begins with a byte order mark when it is long.
  return chance(0.3) ? `\ufeff${text}`.padEnd(length, 'm') : text
}

const integers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]

function drawInteger({ below, chance, pick }: Random, max = 2 ** 32 - 1): number {
  return Math.min(max, chance(0.5) ? pick(integers) : below(max + 1))
}

function drawList<T>(random: Random, maxItems: number, draw: () => T): T[] {
  const { below, chance } = random
  return Array.from({ length: chance(0.8) ? below(4) : below(maxItems + 1) }, draw)
}

function drawSignal(random: Random): Omit<MessageOf<'signal'>, 'type'> {
  const { chance, pick } = random
  return {
    description: chance(0.5)
      ? { type: pick(['offer', 'answer']), sdp: drawText(random, maxFieldBytes.sdp, 1) }
      : null,
    candidates: drawList(random, 64, () => ({
      candidate: drawText(random, maxFieldBytes.candidate),
      sdpMid: chance(0.5) ? drawText(random, maxFieldBytes.sdpMid) : null,
      sdpMLineIndex: chance(0.5) ? drawInteger(random, 255) : null,
      usernameFragment: chance(0.5) ? drawText(random, maxFieldBytes.usernameFragment) : null,
    })),
    sending: chance(0.5) ? { audio: chance(0.5), video: chance(0.5) } : null,
    generation: chance(0.5) ? drawInteger(random, 255) : null,
  }
}

type Draw<T extends MessageType> = (random: Random) => Omit<MessageOf<T>, 'type'>

const draws: { readonly [T in MessageType]: Draw<T> } = {
  hello: (random) => ({
    name: drawText(random, maxFieldBytes.name),
    site: drawText(random, maxFieldBytes.site),
    client: drawText(random, maxFieldBytes.clientVersion),
    token: random.chance(0.5) ? drawText(random, maxFieldBytes.siteToken) : null,
    resume: random.chance(0.5)
      ? {
          token: drawText(random, maxFieldBytes.resumeToken),
          received: drawInteger(random),
          sent: random.chance(0.5) ? drawInteger(random) : null,
          roomToken: random.chance(0.5) ? drawText(random, maxFieldBytes.roomToken) : null,
        }
      : null,
    visitor: maybe(random, () => drawText(random, maxFieldBytes.visitorToken)),
    proof: maybe(random, () => drawText(random, maxFieldBytes.proof)),
  }),
  ticket: (random) => ({
    mode: random.pick(Object.keys(modes) as (keyof typeof modes)[]),
    lobby: drawText(random, maxFieldBytes.lobby),
    interests: drawList(random, 10, () => drawText(random, maxFieldBytes.interest, 1)),
    languages: drawList(random, 8, () => drawText(random, maxFieldBytes.language, 1)),
    offer: random.chance(0.5) ? drawSignal(random) : null,
    ...drawWishes(random),
  }),
  next: (random) => ({ offer: random.chance(0.7) ? drawSignal(random) : null }),
  leave: () => ({}),
  report: (random) => ({
    reason: random.pick(Object.keys(reportReasons) as (keyof typeof reportReasons)[]),
    room: random.chance(0.5) ? drawText(random, maxFieldBytes.roomId) : null,
    note: maybe(random, () => drawText(random, maxFieldBytes.reportNote)),
    still: maybe(random, () => drawText(random, maxFieldBytes.still)),
  }),
  change: (random) => ({
    interests: drawList(random, 10, () => drawText(random, maxFieldBytes.interest, 1)),
    languages: drawList(random, 8, () => drawText(random, maxFieldBytes.language, 1)),
    ...drawWishes(random),
  }),
  block: (random) => ({
    room: random.chance(0.5) ? drawText(random, maxFieldBytes.roomId) : null,
  }),
  ping: () => ({}),
  diagnosis: (random) => ({
    reason: random.pick(Object.keys(callFailures) as (keyof typeof callFailures)[]),
  }),
  signal: drawSignal,
  text: (random) => ({ text: drawText(random, maxFieldBytes.text, 1) }),
  typing: (random) => ({ isTyping: random.chance(0.5) }),
  trust: () => ({}),
  consent: (random) => ({
    topic: random.pick(Object.keys(consentTopics) as (keyof typeof consentTopics)[]),
    isGiven: random.chance(0.5),
  }),
  welcome: (random) => ({
    session: drawText(random, maxFieldBytes.sessionId, 1),
    name: drawText(random, maxFieldBytes.name),
    heartbeatMs: drawInteger(random),
    ...drawIceServers(random),
    resumeToken: random.chance(0.5) ? drawText(random, maxFieldBytes.resumeToken) : null,
    received: random.chance(0.5) ? drawInteger(random) : null,
    allowsText: random.chance(0.5),
    allowsVideo: random.chance(0.5),
    isRestored: random.chance(0.5),
    visitorToken: maybe(random, () => drawText(random, maxFieldBytes.visitorToken)),
  }),
  waiting: (random) => ({ online: drawInteger(random) }),
  matched: (random) => ({
    room: drawText(random, maxFieldBytes.roomId, 1),
    isPolite: random.chance(0.5),
    partnerName: drawText(random, maxFieldBytes.name),
    interests: drawList(random, 10, () => drawText(random, maxFieldBytes.interest, 1)),
    isOffered: random.chance(0.5),
    roomToken: random.chance(0.5) ? drawText(random, maxFieldBytes.roomToken) : null,
    languages: maybe(random, () =>
      drawList(random, 8, () => drawText(random, maxFieldBytes.language, 1)),
    ),
    isRematch: maybe(random, () => random.chance(0.5)),
  }),
  'partner-left': (random) => ({
    reason: random.pick(Object.keys(leaveReasons) as (keyof typeof leaveReasons)[]),
  }),
  stats: (random) => ({
    online: drawInteger(random),
    waiting: drawInteger(random),
    rooms: drawInteger(random),
  }),
  error: (random) => ({
    code: random.pick(Object.keys(errorCodes) as (keyof typeof errorCodes)[]),
    message: drawText(random, maxFieldBytes.errorMessage),
    retryAfterMs: random.chance(0.5) ? drawInteger(random) : null,
  }),
  'going-away': (random) => ({ reconnectAfterMs: drawInteger(random) }),
  'partner-away': () => ({}),
  'partner-back': () => ({}),
  'ice-servers': drawIceServers,
  searching: (random) => ({
    online: drawInteger(random),
    estimateMs: random.chance(0.5) ? drawInteger(random) : null,
    interests: drawList(random, 10, () => drawText(random, maxFieldBytes.interest, 1)),
    languages: drawList(random, 8, () => drawText(random, maxFieldBytes.language, 1)),
    widensInMs: random.chance(0.5) ? drawInteger(random) : null,
    obstacle: random.pick(Object.keys(searchObstacles) as (keyof typeof searchObstacles)[]),
  }),
  measure: (random) => ({
    kind: random.pick(Object.keys(measureKinds) as (keyof typeof measureKinds)[]),
    reason: random.pick(Object.keys(reportReasons) as (keyof typeof reportReasons)[]),
    isAutomatic: random.chance(0.5),
    until: random.chance(0.5) ? drawInteger(random) : null,
    appealUrl: random.chance(0.5) ? drawText(random, maxFieldBytes.appealUrl) : null,
    decision: drawText(random, maxFieldBytes.decisionId),
    statement: maybe(random, () => drawText(random, maxFieldBytes.statement)),
  }),
}

/** Returns a value of an optional field, or undefined. */
function maybe<T>(random: Random, draw: () => T): T | undefined {
  return random.chance(0.5) ? draw() : undefined
}

function drawWishes(random: Random): Pick<MessageOf<'change'>, 'asks' | 'keep'> {
  const { chance } = random
  return {
    asks: maybe(random, () =>
      drawList(random, 4, () => ({
        attribute: drawText(random, maxFieldBytes.attribute, 1),
        values: drawList(random, 8, () => drawText(random, maxFieldBytes.attributeValue, 1)),
      })),
    ),
    keep: maybe(random, () => ({ interests: chance(0.5), languages: chance(0.5) })),
  }
}

function drawIceServers(random: Random): Omit<MessageOf<'ice-servers'>, 'type'> {
  const { chance } = random
  return {
    iceServers: drawList(random, 16, () => ({
      urls: drawList(random, 8, () => drawText(random, maxFieldBytes.iceUrl, 1)),
      username: chance(0.5) ? drawText(random, maxFieldBytes.iceUsername) : null,
      credential: chance(0.5) ? drawText(random, maxFieldBytes.iceCredential) : null,
    })),
  }
}

/** Returns a message of any type. Some exceed a limit, so that they cannot be encoded. */
export function drawMessage(random: Random): Message {
  const type = random.pick(Object.keys(messages) as MessageType[])
  return { type, ...draws[type](random) } as Message
}

/** Returns values as `pack` accepts them. Texts may have lone surrogates. */
export function drawValues(random: Random, depth = 1): WireValue[] {
  const { below, chance, pick } = random
  const length = chance(0.9) ? below(6) : pick([15, 16, 17, 40])
  return Array.from({ length }, () => {
    const kind = below(depth < 4 ? 5 : 4)
    if (kind === 0) return pick([null, true, false])
    if (kind === 1) return drawInteger(random)
    if (kind < 4) return drawText(random, chance(0.01) ? 70_000 : 300)
    return drawValues(random, depth + 1)
  })
}

function bigEndian(value: number | bigint, byteCount: number): number[] {
  const bits = BigInt.asUintN(byteCount * 8, BigInt(value))
  return Array.from({ length: byteCount }, (_item, index) =>
    Number((bits >> BigInt(8 * (byteCount - 1 - index))) & 0xffn),
  )
}

function encodeText(text: string, random: Random): number[] {
  const bytes = [...new TextEncoder().encode(text)]
  const { length } = bytes
  const headers: number[][] = [[0xdb, ...bigEndian(length, 4)]]
  if (length < 0x1_0000) headers.push([0xda, ...bigEndian(length, 2)])
  if (length < 0x100) headers.push([0xd9, length])
  if (length < 32) headers.push([0xa0 + length])
  return [...random.pick(headers), ...bytes]
}

/** Returns the encoding of a random integer, in a form of up to 64 bits with or without a sign. */
function encodeInteger(random: Random): number[] {
  const { bytes, chance, pick } = random
  if (chance(0.2)) return [pick([0x00, 0x7f, 0xe0, 0xff])]
  const tag = 0xcc + random.below(8)
  const byteCount = 1 << (tag & 3)
  const edges = [0, 1, -1, 127, 128, -128, -129, 2 ** 31, -(2 ** 31), 2 ** 53, -(2 ** 53)]
  return [tag, ...(chance(0.5) ? bigEndian(pick(edges), byteCount) : bytes(byteCount))]
}

function encodeList(values: readonly WireValue[], random: Random): number[] {
  const { length } = values
  const headers: number[][] = [
    [0xdc, ...bigEndian(length, 2)],
    [0xdd, ...bigEndian(length, 4)],
  ]
  if (length < 16) headers.push([0x90 + length])
  return [...random.pick(headers), ...values.flatMap((value) => encodeValue(value, random))]
}

/** Encodes a value. Lengths and integers may have longer forms than they need, and integers are replaced. */
function encodeValue(value: WireValue, random: Random): number[] {
  if (value === null) return [0xc0]
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2]
  if (typeof value === 'string') return encodeText(value, random)
  if (typeof value === 'number') return encodeInteger(random)
  return encodeList(value, random)
}

/** Returns a frame of random values in random forms, which begins like a message. */
export function drawLooseFrame(random: Random): Uint8Array {
  const fields = drawValues(random).slice(0, 14)
  return Uint8Array.from([
    0x91 + fields.length,
    random.below(48),
    ...fields.flatMap((value) => encodeValue(value, random)),
  ])
}
