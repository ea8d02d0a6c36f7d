import { isUtf8 } from 'node:buffer'
import type { Msgpack } from '@buddy-chat/protocol'
import { checkStructure } from '@buddy-chat/protocol'
import { Packr } from 'msgpackr'

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' })

/** msgpackr, in the way in which the server uses it. Own code is compared with it. */
export const msgpackr: Msgpack = {
  pack: (values) => new Uint8Array(packr.pack(values)),
  unpack(frame) {
    checkStructure(frame, isUtf8)
    return packr.unpack(frame) as unknown[]
  },
}
