import type { Unsubscribe } from '../emitter.ts'

/** The loudness of a quiet room, in decibels. This loudness and everything below it count as level 0. */
const floorDb = -60

/** Returns the loudness of samples (−1 … 1), from 0 (a quiet room or silence) to 1 (full scale). */
export function toLevel(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const db = 10 * Math.log10(sum / samples.length)
  // The logarithm is −∞ for silence and NaN for no samples. The comparison is false for both.
  return db > floorDb ? Math.min(1, 1 - db / floorDb) : 0
}

/**
 * Reports the loudness of a track (see {@link toLevel}) once per animation frame, until the returned
 * function is called. Reports 0 while the browser's autoplay policy blocks audio, that is, until a user
 * gesture.
 */
export function watchAudioLevel(
  track: MediaStreamTrack,
  onLevel: (level: number) => void,
): Unsubscribe {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  const source = context.createMediaStreamSource(new MediaStream([track]))
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const measure = (): void => {
    analyser.getFloatTimeDomainData(samples)
    onLevel(toLevel(samples))
    frame = requestAnimationFrame(measure)
  }
  let frame = requestAnimationFrame(measure)
  return () => {
    cancelAnimationFrame(frame)
    source.disconnect()
    void context.close()
  }
}
