// The only file that imports msgpackr. The published file contains the library, see `rollup.config.mjs`.
import { isUtf8 } from 'node:buffer'
import type { Codec } from '@buddy-chat/protocol'
import { checkStructure, createCodec } from '@buddy-chat/protocol'
import { Packr } from 'msgpackr/pack'

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' })

/** `encode` and `decode` of the protocol, by msgpackr instead of the protocol's own implementation. */
export const { encode, decode }: Codec = createCodec({
  // A copy, because msgpackr returns a view of a buffer that it reuses, and frames wait in queues.
  pack: (values) => new Uint8Array(packr.pack(values)),
  unpack(frame) {
    checkStructure(frame, isUtf8)
    return packr.unpack(frame) as unknown[]
  },
})

/** Encodes a value for Redis or for another node. */
export function packValue(value: unknown): Uint8Array {
  return new Uint8Array(packr.pack(value))
}

/** Decodes a value from Redis or from another node. */
export function unpackValue(bytes: Uint8Array): unknown {
  return packr.unpack(bytes)
}
