import type { Unsubscribe } from '../emitter.ts'

/** Below this nothing is shown: a quiet room. */
const floorDb = -60

/** How loud samples (−1 … 1) are, from 0 (a quiet room, or silence) to 1 (as loud as can be). */
export function toLevel(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const db = 10 * Math.log10(sum / samples.length)
  // Of silence the logarithm is −∞, of no samples it is not a number.
  return db > floorDb ? Math.min(1, 1 - db / floorDb) : 0
}

/**
 * Tells how loud a track is, with every picture the page draws, until the function returned is called.
 * Where the browser allows no sound before a gesture it tells 0 until there was one.
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
