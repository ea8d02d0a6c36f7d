// The suite has an encoder and a decoder of its own. They agree with the vectors of docs/protocol.md.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bytes, FrameError, longForm, pack, unpack } from './msgpack.ts'
import { readServerFrame } from './server-messages.ts'
import { types } from './wire.ts'

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')

const toBytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/[\da-f]{2}/g)!, (byte) => Number.parseInt(byte, 16))

const vectors = [...page.matchAll(/```vector\n(\S+) .*\n([^`]+)```/g)].map(
  ([, type, hex]) => [type as keyof typeof types, toBytes(hex!)] as const,
)

test.for(vectors)('reads the vector of %s and encodes it again', ([type, frame]) => {
  const values = unpack(frame)
  expect(values[0]).toBe(types[type])
  expect(Uint8Array.from(pack(values))).toEqual(frame)
})

test.for(vectors.filter(([type]) => types[type] >= 32))(
  'accepts the vector of %s as a frame of a server',
  ([type, frame]) => expect(readServerFrame(frame).name).toBe(type),
)

const refused = /```refused\n([^`]+)```/.exec(page)![1]!.trim().split('\n')

test.for(refused)('refuses %s', (line) => {
  const [hex = ''] = /^(?:[\da-f]{2} )+/.exec(line) ?? []
  expect(() => unpack(toBytes(hex))).toThrow(FrameError)
})

test('reads longer forms', () => {
  const text = 'x'
  const values = [
    ...(['uint8', 'uint16', 'uint32', 'uint64'] as const).map((form) => longForm[form](7)),
    ...(['int8', 'int16', 'int32', 'int64'] as const).map((form) => longForm[form](-7)),
    ...(['string8', 'string16', 'string32'] as const).map((form) => longForm[form](text)),
    longForm.array16(1, null),
    longForm.array32(true),
  ]
  const [type, ...read] = unpack(bytes(0x9e, 1, ...values))
  expect(type).toBe(1)
  expect(read.slice(0, 8)).toEqual([7, 7, 7, 7, -7, -7, -7, -7])
  expect(read.slice(8)).toEqual([text, text, text, [1, null], [true]])
})

test.for([
  [65_535, 3],
  [65_536, 5],
  [4_294_967_296, 9],
  [-33, 9],
] as const)('encodes %i in %i bytes, and reads it again', ([value, length]) => {
  const encoded = pack(value)
  expect(encoded).toHaveLength(length)
  expect(unpack(bytes(0x92, 1, encoded))).toEqual([1, value])
})

test.for([
  ['a message of a client', pack([types.ping])],
  ['a welcome with a session of 65 bytes', pack([types.welcome, 'x'.repeat(65)])],
  ['a partner-left whose reason is a string', pack([types['partner-left'], 'next'])],
  ['a stats without its last field', pack([types.stats, 1, 2])],
  ['a matched with 11 interests', pack([34, 'r', true, '', Array(11).fill('x'), false, null])],
  ['a stats that is too long', pack([types.stats, 1, 2, 3, 'x'.repeat(200)])],
] as const)('refuses %s as a frame of a server', ([, frame]) => {
  expect(() => readServerFrame(frame)).toThrow(FrameError)
})
