import { expect, test } from 'vitest'
import { mediaRequest, resolveOptions } from './options.ts'

test.each([
  [{ mode: 'video' as const }, true, true],
  [{ mode: 'video' as const, camera: false }, false, true],
  [{ mode: 'audio' as const }, false, true],
  [{ mode: 'video' as const, microphone: false }, true, false],
])('%o requests the camera (%s) and the microphone (%s)', (options, camera, microphone) => {
  const { video, audio } = mediaRequest(resolveOptions(options))?.constraints ?? {}
  expect([Boolean(video), Boolean(audio)]).toEqual([camera, microphone])
})

test('mediaRequest requests no device in text mode', () => {
  expect(mediaRequest(resolveOptions({ mode: 'text' }))).toBeUndefined()
})

test('mediaRequest returns custom constraints unchanged', () => {
  const camera = { deviceId: { exact: 'front' } }
  expect(mediaRequest(resolveOptions({ camera }))?.constraints.video).toBe(camera)
})

test.each([
  [undefined, 2500],
  [800, 800],
  [Infinity, Infinity],
  [1, 50],
  [0, 2500],
  [-5, 2500],
  [Number.NaN, 2500],
])('resolveOptions converts `maxBitrateKbps` %s to %s', (maxBitrateKbps, resolved) => {
  const options = maxBitrateKbps === undefined ? {} : { maxBitrateKbps }
  expect(resolveOptions(options).maxBitrateKbps).toBe(resolved)
})
