import { expect, test } from 'vitest'
import { toLevel } from './audio-level.ts'

const tone = (amplitude: number): Float32Array =>
  Float32Array.from({ length: 1024 }, (_, index) => amplitude * (index % 2 === 0 ? 1 : -1))

test.each([
  ['silence', 0, tone(0)],
  ['no samples', 0, new Float32Array()],
  ['a quiet room at −66 dB', 0, tone(0.0005)],
  ['−30 dB', 0.5, tone(10 ** (-30 / 20))],
  ['full scale', 1, tone(1)],
  ['more than full scale', 1, tone(3)],
])('toLevel returns, for %s, %d', (_name, level, samples) => {
  expect(toLevel(samples)).toBeCloseTo(level, 5)
})
