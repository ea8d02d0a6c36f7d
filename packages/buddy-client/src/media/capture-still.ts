/** The longer side of a still, in pixels. */
const maxSide = 480
/** A still of this size fits into a report. */
const maxBytes = 30_000
const qualities = [0.8, 0.6, 0.4, 0.2]
/** The time within which a video that flows has a picture. */
const pictureTimeoutMs = 2000

/** Without a picture, `play()` stays pending. */
const after = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs))

/**
 * Resolves with a JPEG of the present picture of a video, in base64 without a prefix. Undefined if there is no
 * picture, or if the browser cannot make one.
 */
export async function captureStill(stream: MediaStream): Promise<string | undefined> {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  const [track] = stream.getVideoTracks()
  if (!track || track.readyState !== 'live') return undefined
  video.srcObject = new MediaStream([track])
  try {
    await Promise.race([video.play(), after(pictureTimeoutMs)])
    if (video.videoWidth === 0) return undefined
    const canvas = document.createElement('canvas')
    const scale = Math.min(1, maxSide / Math.max(video.videoWidth, video.videoHeight))
    canvas.width = Math.max(1, Math.round(video.videoWidth * scale))
    canvas.height = Math.max(1, Math.round(video.videoHeight * scale))
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height)
    for (const quality of qualities) {
      const data = canvas.toDataURL('image/jpeg', quality)
      const base64 = data.slice(data.indexOf(',') + 1)
      if (data.startsWith('data:image/jpeg') && base64.length * 0.75 <= maxBytes) return base64
    }
    return undefined
  } catch {
    return undefined
  } finally {
    video.srcObject = null
  }
}
