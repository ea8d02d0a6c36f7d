import { expect, test } from 'vitest'
import { orderCodecs } from './codec-preference.ts'

const codecs = ['video/VP8', 'video/rtx', 'video/H264', 'video/VP9', 'video/H264'].map(
  (mimeType, number) => ({ mimeType, number }),
)
const order = (...preferred: string[]): number[] =>
  orderCodecs(codecs, preferred).map(({ number }) => number)

test('sorts preferred codecs first, in the order of preference, and keeps the order of the others', () => {
  expect(order('vp9', 'H264')).toEqual([3, 2, 4, 0, 1])
})

test('ignores a preferred codec that the browser does not have', () => {
  expect(order('AV7')).toEqual([0, 1, 2, 3, 4])
})
