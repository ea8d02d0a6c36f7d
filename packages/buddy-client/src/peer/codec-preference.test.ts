import { expect, test } from 'vitest'
import { orderCodecs } from './codec-preference.ts'

const codecs = ['video/VP8', 'video/rtx', 'video/H264', 'video/VP9', 'video/H264'].map(
  (mimeType, number) => ({ mimeType, number }),
)
const order = (...preferred: string[]): number[] =>
  orderCodecs(codecs, preferred).map(({ number }) => number)

test('those preferred come first, in that order; the others stay, and so does their order', () => {
  expect(order('vp9', 'H264')).toEqual([3, 2, 4, 0, 1])
})

test('one that the browser does not know changes nothing', () => {
  expect(order('AV7')).toEqual([0, 1, 2, 3, 4])
})
