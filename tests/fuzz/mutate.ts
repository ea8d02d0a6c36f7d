import type { Random } from '../load/random.ts'

/** MessagePack values that a careless decoder mishandles. Most claim a length that does not follow. */
const traps: readonly (readonly number[])[] = [
  [0xdb, 0xff, 0xff, 0xff, 0xff], // a string of 4 GB
  [0xda, 0xff, 0xff],
  [0xd9, 0xff],
  [0xdd, 0xff, 0xff, 0xff, 0xff], // an array of 4 billion elements
  [0xdc, 0xff, 0xff],
  [0xc6, 0xff, 0xff, 0xff, 0xff], // binary
  [0xc4, 0x00],
  [0xdf, 0xff, 0xff, 0xff, 0xff], // a map
  [0x82, 0xa1, 0x61, 0x01, 0xa1, 0x61, 0x02], // a map with one key twice
  [0x81, 0xa9, 0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f, 0x90], // __proto__
  [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01], // a msgpackr record definition
  [0xc7, 0x05, 0x72, 0x40, 0x91, 0xa1, 0x61],
  [0xd6, 0xff, 0x00, 0x00, 0x00, 0x00], // a timestamp
  [0xc9, 0xff, 0xff, 0xff, 0xff, 0x01], // an extension of 4 GB
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], // NaN
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xc1],
  [0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91],
  [0xa4, 0xf0, 0x9f, 0x98, 0xff], // invalid UTF-8
  [0xa1, 0x80], // a continuation byte without a first byte
  [0xa2, 0xc0, 0xaf], // an overlong character
  [0xa3, 0xed, 0xa0, 0x80], // a surrogate
  [0xa4, 0xf4, 0x90, 0x80, 0x80], // above U+10FFFF
  [0xc0, 0xc0, 0xc0],
]

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

type Mutation = (frame: Uint8Array, random: Random) => Uint8Array | string

const mutations: readonly Mutation[] = [
  // Flips some bits.
  (frame, random) => {
    const changed = frame.slice()
    for (let times = 1 + random.below(4); times > 0 && changed.length > 0; times--) {
      changed[random.below(changed.length)]! ^= 1 << random.below(8)
    }
    return changed
  },
  // Replaces one byte.
  (frame, random) => {
    const changed = frame.slice()
    if (changed.length > 0) changed[random.below(changed.length)] = random.below(256)
    return changed
  },
  // Cuts the end off.
  (frame, random) => frame.slice(0, random.below(frame.length + 1)),
  // Appends random bytes.
  (frame, random) => join(frame, random.bytes(1 + random.below(16))),
  // Duplicates a part.
  (frame, random) => {
    const from = random.below(frame.length + 1)
    const to = from + random.below(frame.length - from + 1)
    return join(frame.slice(0, to), frame.slice(from))
  },
  // Removes a part.
  (frame, random) => {
    const from = random.below(frame.length + 1)
    return join(frame.slice(0, from), frame.slice(from + random.below(8)))
  },
  // Inserts one of the {@link traps}, or replaces some bytes by it.
  (frame, random) => {
    const from = random.below(frame.length + 1)
    const to = Math.min(frame.length, from + random.below(3))
    return join(frame.slice(0, from), random.pick(traps), frame.slice(to))
  },
  // Changes the message type.
  (frame, random) => {
    const changed = frame.slice()
    if (changed.length > 1) changed[1] = random.pick([1, 2, 3, 4, 5, 16, 17, 18, 32, 34, 37, 127])
    return changed
  },
  // Changes the number of fields.
  (frame, random) => {
    const changed = frame.slice()
    if (changed.length > 0) changed[0] = 0x90 + random.below(16)
    return changed
  },
  // Adds a field, as a later version of the protocol may.
  (frame, random) =>
    join([frame[0] === 0x9f ? 0x9f : (frame[0] ?? 0x90) + 1], frame.slice(1), random.pick(traps)),
  // Replaces the whole frame by random bytes.
  (_frame, random) => random.bytes(random.below(64)),
  // Sends a text frame.
  (frame) => Buffer.from(frame).toString('latin1'),
  // Appends up to 60 kB of zeros.
  (frame, random) => join(frame, new Uint8Array(random.below(60_000))),
]

/** Returns `frame` with one random mutation, which may leave it valid or unchanged. */
export function mutate(frame: Uint8Array, random: Random): Uint8Array | string {
  return random.pick(mutations)(frame, random)
}
