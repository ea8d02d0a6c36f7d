import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { botTexts } from './bot-texts.fixture.ts'
import { contactsIn, mayHaveContact } from './contacts.ts'
import { everydayOpenings } from './everyday-openings.fixture.ts'
import { foldText } from './fold-text.ts'
import { RepeatedTexts } from './repeated-texts.ts'
import { createKeyedHash, similarity, sketchOf } from './text-sketch.ts'

const hash = createKeyedHash([0x1234_5678, 0x9abc_def0])
const rule = { maxRooms: 8, windowMs: 600_000 }
const minuteMs = 60_000

/** Sends texts in a room each, 15 s apart. Returns the number of rooms after which the rule is broken. */
function roomsUntilRepeated(texts: readonly string[]): number | undefined {
  const repeated = new RepeatedTexts(() => rule)
  const broken = texts.findIndex((text, index) => {
    const found = repeated.add('anna', `room ${index}`, sketchOf(text, hash), index * 15_000)
    return found !== undefined && found.rooms > found.allowedRooms
  })
  return broken < 0 ? undefined : broken
}

const strangers = Array.from({ length: 30 }, (_, index) => index)

describe('a bot that sends to 30 strangers', () => {
  test.for(everydayOpenings.map((text) => [text]))('%j: not a bot', ([text]) => {
    expect(roomsUntilRepeated(strangers.map(() => text!))).toBeUndefined()
    expect(contactsIn(foldText(text!)).size).toBe(0)
  })

  test.for(botTexts.map((text) => [text.name, text] as const))('%s: a bot', ([, { say }]) => {
    const rooms = roomsUntilRepeated(strangers.map(say))
    expect(rooms).toBeLessThanOrEqual(9)
    expect(rooms).toBeGreaterThanOrEqual(4)
  })
})

test('the quick test for contacts misses none', () => {
  const part = fc.constantFrom(
    ...botTexts.flatMap(({ say }) => strangers.map(say)),
    'snap',
    'kik',
    'is',
    'id',
    ' ',
    'anna',
    'dot',
    'com',
    'at',
    'spam',
    '+49',
    '@',
    '.',
    '(',
    ')',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const text = parts.join('')
      if (contactsIn(foldText(text)).size > 0) expect(mayHaveContact(text)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('a conversation that differs from room to room is not repeated, however long', () => {
  const said = everydayOpenings.map(
    (text, index) =>
      `${text} ${everydayOpenings.at(index - 7)!} ${everydayOpenings.at(index - 13)!}`,
  )
  expect(roomsUntilRepeated(said)).toBeUndefined()
})

test('a text counts once in each room, and is dropped after the window', () => {
  const repeated = new RepeatedTexts(() => rule)
  const sketch = sketchOf(botTexts[0]!.say(0), hash)
  for (let index = 0; index < 20; index++) {
    expect(repeated.add('anna', 'one room', sketch, index)).toMatchObject({ rooms: 1 })
  }
  for (let index = 0; index < 20; index++) {
    const found = repeated.add('anna', `room ${index}`, sketch, (index + 1) * 2 * minuteMs)
    expect(found!.rooms).toBeLessThanOrEqual(6)
  }
  repeated.sweep(60 * minuteMs)
  expect(repeated.size).toBe(0)
})

test('senders are compared only with themselves', () => {
  const repeated = new RepeatedTexts(() => rule)
  const sketch = sketchOf(botTexts[0]!.say(0), hash)
  for (const index of strangers) {
    expect(repeated.add(`sender ${index}`, `room ${index}`, sketch, 0)).toMatchObject({ rooms: 1 })
  }
})

test('memory is bounded for any number of texts and senders', () => {
  const repeated = new RepeatedTexts(() => rule)
  const sketch = sketchOf(botTexts[0]!.say(0), hash)
  for (let index = 0; index < 12_000; index++) repeated.add(`sender ${index}`, 'room', sketch, 0)
  expect(repeated.size).toBe(10_000)
})

test('a sketch does not contain the text, and depends on the key', () => {
  const text = botTexts[0]!.say(0)
  const other = createKeyedHash([1, 2])
  expect(similarity(sketchOf(text, hash), sketchOf(text, other))).toBeLessThan(0.1)
  expect(JSON.stringify(sketchOf(text, hash))).not.toMatch(/handsome|alone/)
})

test('similarity is symmetric, 1 for the same text, and every text has a sketch', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.lorem())
  fc.assert(
    fc.property(text, text, (one, other) => {
      const a = sketchOf(one, hash)
      const b = sketchOf(other, hash)
      expect(similarity(a, b)).toBe(similarity(b, a))
      expect(similarity(a, a)).toBe(a.hashes.length === 0 ? 0 : 1)
      expect(a.hashes.length).toBeLessThanOrEqual(64)
    }),
  )
})

test('the hash has few collisions, so that texts are not similar by chance', () => {
  const hashes = new Set<number>()
  for (let index = 0; index < 20_000; index++) hashes.add(hash(index.toString(36)))
  expect(hashes.size).toBeGreaterThan(19_990)
})
