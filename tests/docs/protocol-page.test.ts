// docs/protocol.md is the contract for clients in other languages. It must agree with the code.
import { readFileSync } from 'node:fs'
import type { Message, ProtocolError } from '@buddy-chat/protocol'
import {
  callFailures,
  consentTopics,
  closeCodes,
  decode,
  encode,
  errorCodes,
  leaveReasons,
  measureKinds,
  messages,
  modes,
  reportReasons,
  searchObstacles,
} from '@buddy-chat/protocol'
import { describe, expect, test } from 'vitest'
import * as codecOfServer from '../../packages/buddy-server/src/codec.ts'
import {
  otherRate,
  rates,
  relayedBytesRate,
} from '../../packages/buddy-server/src/limits/frame-rates.ts'

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

/** Returns the cells of the table whose header row begins with these names. */
function table(...header: string[]): string[][] {
  const rows = page.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const start = rows.findIndex((cells) => header.every((name, index) => cells[index] === name))
  const length = rows.slice(start).findIndex((cells) => cells.length === 0)
  return rows.slice(start + 2, start + length)
}

const vectors = [...page.matchAll(/```vector\n(\S+) (.*)\n([^`]+)```/g)].map(
  ([, type, json, hex]) => ({
    message: { type, ...JSON.parse(json!) } as Message,
    frame: Uint8Array.from(hex!.match(/[\da-f]{2}/g)!, (byte) => Number.parseInt(byte, 16)),
  }),
)

const refused = /```refused\n([^`]+)```/.exec(page)![1]!.trim().split('\n')

/** The server has a codec of its own. */
const codecs = [
  ['the protocol package', { encode, decode }],
  ['the server', codecOfServer],
] as const

describe.for(codecs)('encode and decode of %s', ([, codec]) => {
  test.for(vectors)(
    'the test vector of $message.type encodes to the bytes on the page, which decode to it',
    ({ message, frame }) => {
      expect(codec.encode(message)).toEqual(frame)
      expect(codec.decode(frame.slice())).toEqual(message)
    },
  )

  test.for(refused)('decode refuses with `malformed-frame`: %s', (line) => {
    const hex = /^(?:[\da-f]{2} )+/.exec(line)![0]
    const frame = Uint8Array.from(hex.trim().split(' '), (byte) => Number.parseInt(byte, 16))
    expect(() => codec.decode(frame)).toThrow(expect.objectContaining({ code: 'malformed-frame' }))
  })

  test('a lone surrogate is encoded as U+FFFD', () => {
    const replaced = vectors.find(({ message }) => 'text' in message && message.text === '\ufffd')
    expect(codec.encode({ type: 'text', text: '\ud800' })).toEqual(replaced?.frame)
  })
})

test('every message has a test vector', () => {
  const covered = new Set(vectors.map(({ message }) => message.type))
  expect([...covered].sort()).toEqual(Object.keys(messages).sort())
})

test('the table of messages has number, direction and size limit of each type', () => {
  expect(table('type', 'no', 'direction', 'max bytes')).toEqual(
    Object.entries(messages).map(([type, { number, direction, maxBytes }]) => [
      type,
      String(number),
      direction,
      String(maxBytes),
    ]),
  )
})

test('the tables of errors and close codes contain every code', () => {
  const numbered = (codes: Readonly<Record<string, number>>) =>
    Object.entries(codes).map(([name, number]) => [String(number), name])
  const [errors, closes] = [errorCodes, closeCodes].map(numbered)
  const rows = page
    .split('\n')
    .map((line) => /^\|\s*(\d+) \| ([a-z-]+) /.exec(line))
    .flatMap((match) => (match ? [[match[1], match[2]]] : []))
  expect(rows).toEqual([...errors!, ...closes!])
})

test('the lists of numbers and names are complete, and state how unknown numbers are decoded', () => {
  const list = (numbers: Readonly<Record<string, number>>): string =>
    Object.entries(numbers)
      .map(([name, number]) => `${number} ${name}`)
      .join(', ')
  // Each function returns a complete message that contains the given number.
  const frames: readonly [numbers: string, frame: (value: number) => number[]][] = [
    [list(modes), (value) => [0x95, 2, value, 0xa0, 0x90, 0x90]],
    [
      list({ offer: 0, answer: 1 }),
      (value) => [0x95, 16, 0x92, value, 0xa1, 0x76, 0x90, 0xc0, 0xc0],
    ],
    [list(leaveReasons), (value) => [0x92, 35, value]],
    [list(reportReasons), (value) => [0x92, 5, value]],
    [list(callFailures), (value) => [0x92, 7, value]],
    [list(consentTopics), (value) => [0x93, 20, value, 0xc3]],
    [list(searchObstacles), (value) => [0x97, 42, 1, 0xc0, 0x90, 0x90, 0xc0, value]],
    [list(measureKinds), (value) => [0x97, 43, value, 0, 0xc2, 0xc0, 0xc0, 0xa0]],
    ['see [errors](#errors)', (value) => [0x94, 37, value, 0xa0, 0xc0]],
  ]
  const read = (frame: number[]): string => {
    try {
      const message = decode(Uint8Array.from(frame))
      if (message?.type === 'error') return message.code
      if (message?.type === 'consent') return message.topic
      if (message?.type === 'searching') return message.obstacle
      if (message?.type === 'measure') return message.kind
      return message && 'reason' in message ? message.reason : ''
    } catch (error) {
      return `\`${(error as ProtocolError).code}\``
    }
  }
  const [, section] = /### Numbers and names\n(.*?)\n## /s.exec(page)!
  const lines = section!.replaceAll(/\n +/g, ' ').split('\n')
  expect(
    lines.filter((line) => line.startsWith('- ')).map((line) => line.replace(/^.*?: /, '')),
  ).toEqual(frames.map(([numbers, frame]) => `${numbers}. Any other: ${read(frame(0x7f))}.`))
  for (const [, frame] of frames) expect(read(frame(0xc0))).toBe('`invalid-field`')
})

test('the table of rate limits has burst and rate of each type', () => {
  const expected = Object.entries({ ...rates, 'others together': otherRate })
  expect(table('type', 'at once', 'per second')).toEqual(
    expected.map(([type, { burst, perSecond }]) => [type, String(burst), String(perSecond)]),
  )
  const [burst, perSecond] = [relayedBytesRate.burst, relayedBytesRate.perSecond].map((bytes) =>
    bytes.toLocaleString('en'),
  )
  expect(page).toContain(`together: ${burst} bytes at once, ${perSecond} per second.`)
})
