import { Packr } from 'msgpackr'
import { checkStructure } from './check-structure.ts'
import type { Codec } from './codec.ts'
import { createCodec, decode, encode } from './codec.ts'
import type { Msgpack } from './msgpack.ts'
import { msgpack } from './msgpack.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' })

/** msgpackr, in the way in which the server uses it. */
const msgpackr: Msgpack = {
  pack: (values) => new Uint8Array(packr.pack(values)),
  unpack(frame) {
    checkStructure(frame)
    return packr.unpack(frame) as unknown[]
  },
}

/** Both implementations of the values of a frame, with their names, for `describe.for`. */
export const implementations: readonly (readonly [name: string, Msgpack])[] = [
  ['the own implementation', msgpack],
  ['msgpackr', msgpackr],
]

/** Both codecs, with their names, for `describe.for`. */
export const codecs: readonly (readonly [name: string, Codec])[] = [
  ['the default codec', { encode, decode }],
  ['a codec on msgpackr', createCodec(msgpackr)],
]
