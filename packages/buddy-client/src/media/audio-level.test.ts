import { expect, test } from 'vitest'
import { toLevel } from './audio-level.ts'

const tone = (amplitude: number): Float32Array =>
  Float32Array.from({ length: 1024 }, (_, index) => amplitude * (index % 2 === 0 ? 1 : -1))

test.each([
  ['silence', tone(0), 0],
  ['no samples', new Float32Array(), 0],
  ['a quiet room, at −66 dB', tone(0.0005), 0],
  ['half way, at −30 dB', tone(10 ** (-30 / 20)), 0.5],
  ['as loud as can be', tone(1), 1],
  ['louder than can be', tone(3), 1],
])('%s is %d', (_name, samples, level) => {
  expect(toLevel(samples)).toBeCloseTo(level, 5)
})
