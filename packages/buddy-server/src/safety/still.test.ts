import { expect, test } from 'vitest'
import { jpegIn } from './still.ts'

const jpeg = (length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  bytes.set([0xff, 0xd8, 0xff, 0xe0])
  bytes.set([0xff, 0xd9], length - 2)
  return bytes
}

test('returns the bytes of a JPEG of up to 30,000 bytes', () => {
  for (const length of [6, 30_000]) {
    const bytes = jpeg(length)
    expect(Buffer.from(jpegIn(bytes.toString('base64'))!).equals(bytes)).toBe(true)
  }
})

test.each([
  ['too large', jpeg(30_001).toString('base64')],
  ['empty', ''],
  ['only the markers', Buffer.of(0xff, 0xd8, 0xff).toString('base64')],
  ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').toString('base64')],
  ['HTML', Buffer.from('<script>alert(1)</script>').toString('base64')],
  ['a JPEG with HTML after it', Buffer.concat([jpeg(9), Buffer.from('<b>')]).toString('base64')],
  ['a data URL', `data:image/jpeg;base64,${jpeg(9).toString('base64')}`],
  ['in base64url', Buffer.from([0xff, 0xd8, 0xff, 0xfb, 0xff, 0xd9]).toString('base64url')],
  [
    'with a line break',
    `${jpeg(60).toString('base64').slice(0, 40)}\n${jpeg(60).toString('base64').slice(40)}`,
  ],
])('refuses what is %s', (_, text) => {
  expect(jpegIn(text)).toBeUndefined()
})
