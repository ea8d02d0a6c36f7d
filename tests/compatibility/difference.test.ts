import { encode, msgpack } from '@buddy-chat/protocol'
import type { Message, WireValue } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import { differenceOf } from './difference.ts'

const matched: Message = {
  type: 'matched',
  room: 'r1',
  isPolite: true,
  partnerName: 'Bob',
  interests: ['jazz'],
  isOffered: false,
  roomToken: 't1',
}

test.for<[name: string, present: WireValue[], difference: string | undefined]>([
  ['the same', [34, 'r1', true, 'Bob', ['jazz'], false, 't1'], undefined],
  ['another room', [34, 'r2', false, 'Bob', ['jazz'], false, 't2'], undefined],
  ['more fields', [34, 'r1', true, 'Bob', ['jazz'], false, 't1', null, 'new'], undefined],
  ['another type', [33, 'r1', true, 'Bob', ['jazz'], false, 't1'], 'value 0 is 33, not 34'],
  ['fewer fields', [34, 'r1', true, 'Bob', ['jazz'], false], 'the frame has 6 values, not 7'],
  ['another name', [34, 'r1', true, 'Eve', ['jazz'], false, 't1'], 'value 3 is "Eve", not "Bob"'],
  ['no room token', [34, 'r1', true, 'Bob', ['jazz'], false, null], 'value 6 is nil, not string'],
  ['fewer interests', [34, 'r1', true, 'Bob', [], false, 't1'], 'value 4 has 0 values, not 1'],
])(
  'compared with a recorded frame, a frame with %s differs as it should',
  ([, values, difference]) => {
    const replaced: string[] = []
    const present = msgpack.pack(values)
    const onReplaced = (then: string, now: string): void => void replaced.push(`${then} ${now}`)
    expect(differenceOf(encode(matched), present, onReplaced)).toBe(difference)
    expect(replaced).toEqual(values[1] === 'r2' ? ['r1 r2', 't1 t2'] : [])
  },
)
