/** The largest coarse picture, in pixels. It shows that a person is there, but not which person. */
export const coarseSize = { width: 40, height: 30 } as const

/** The time between two coarse pictures. */
const pictureEveryMs = 100

/** Covers tracks, so that a partner receives something, but nothing by which to recognise the user. */
export interface Veil {
  /**
   * Returns the track to send in place of `track`: for video a coarse picture of it, for audio silence. A later
   * call with another track of the same kind returns the same track, which then covers the new one. Returns
   * undefined if the browser cannot cover it; then nothing may be sent.
   */
  cover(track: MediaStreamTrack): MediaStreamTrack | undefined
  /** Stops the tracks that were returned. */
  close(): void
}

/** Returns the largest size with the proportions of the picture that fits into {@link coarseSize}. */
export function fitCoarse(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(coarseSize.width / width, coarseSize.height / height, 1)
  // Some encoders need even numbers.
  const even = (length: number): number => Math.max(2, Math.floor((length * scale) / 2) * 2)
  return { width: even(width), height: even(height) }
}

/**
 * A veil of the browser. The coarse picture is drawn on a small canvas, and only the canvas is sent: the
 * encoder never receives a clear frame. Scaling in the sender (`scaleResolutionDownBy`) would depend on its
 * parameters, on negotiations and on the camera.
 */
export class BrowserVeil implements Veil {
  #picture: CoarsePicture | undefined
  #silence: { readonly context: AudioContext; readonly track: MediaStreamTrack } | undefined

  cover(track: MediaStreamTrack): MediaStreamTrack | undefined {
    try {
      return track.kind === 'video' ? this.#coverPicture(track) : this.#coverSound()
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#picture?.close()
    this.#silence?.track.stop()
    void this.#silence?.context.close()
    this.#picture = this.#silence = undefined
  }

  #coverPicture(track: MediaStreamTrack): MediaStreamTrack | undefined {
    this.#picture ??= new CoarsePicture()
    this.#picture.show(track)
    return this.#picture.track
  }

  #coverSound(): MediaStreamTrack | undefined {
    if (!this.#silence) {
      const context = new AudioContext()
      const [track] = context.createMediaStreamDestination().stream.getAudioTracks()
      if (!track) return undefined
      this.#silence = { context, track }
    }
    return this.#silence.track
  }
}

/** A canvas with a coarse picture of a track, and the track of the canvas. */
class CoarsePicture {
  readonly #canvas = document.createElement('canvas')
  readonly #video = document.createElement('video')
  readonly #timer: ReturnType<typeof setInterval>
  readonly track: MediaStreamTrack | undefined
  #shown: MediaStreamTrack | undefined

  constructor() {
    Object.assign(this.#canvas, coarseSize)
    // Firefox captures a canvas only after it has a context.
    const context = this.#canvas.getContext('2d', { alpha: false })
    this.#video.muted = true
    this.#video.playsInline = true
    this.track = this.#canvas.captureStream(1000 / pictureEveryMs).getVideoTracks()[0]
    this.#timer = setInterval(() => this.#draw(context), pictureEveryMs)
  }

  show(track: MediaStreamTrack): void {
    if (this.#shown === track) return
    this.#shown = track
    this.#video.srcObject = new MediaStream([track])
    this.#video.play().catch(() => {
      // Another track was shown before this one could be played.
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.track?.stop()
    this.#video.srcObject = null
  }

  get #isFlowing(): boolean {
    return this.#shown?.readyState === 'live' && this.#shown.enabled && !this.#shown.muted
  }

  #draw(context: CanvasRenderingContext2D | null): void {
    const { videoWidth, videoHeight } = this.#video
    if (!context || videoWidth === 0 || videoHeight === 0) return
    // The element keeps the last picture of a camera that has ended.
    if (!this.#isFlowing) {
      context.fillRect(0, 0, this.#canvas.width, this.#canvas.height)
      return
    }
    const { width, height } = fitCoarse(videoWidth, videoHeight)
    // Setting a size clears the canvas, also if it is the same.
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height })
    }
    context.drawImage(this.#video, 0, 0, width, height)
  }
}
