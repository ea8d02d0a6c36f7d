import { assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { coarseSize, fitCoarse } from './veil.ts'

test('fitCoarse never exceeds 40 × 30 pixels, whatever the camera has', () => {
  const length = integer({ min: 1, max: 10_000 })
  assert(
    property(length, length, (width, height) => {
      const fitted = fitCoarse(width, height)
      expect(fitted.width).toBeLessThanOrEqual(coarseSize.width)
      expect(fitted.height).toBeLessThanOrEqual(coarseSize.height)
      expect(Math.min(fitted.width, fitted.height)).toBeGreaterThanOrEqual(2)
    }),
  )
  expect(fitCoarse(1280, 720)).toEqual({ width: 40, height: 22 })
  expect(fitCoarse(720, 1280)).toEqual({ width: 16, height: 30 })
})
