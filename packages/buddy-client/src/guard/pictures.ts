/** The source of pictures of one stream. */
export interface Pictures {
  /**
   * Resolves with the present picture, which the caller must close. Resolves with undefined if no video
   * flows: there is no track, the camera is off, or nothing has arrived yet.
   */
  take(): Promise<ImageBitmap | undefined>
  /** Releases the stream, without stopping its tracks. */
  close(): void
}

/** The longer side of a picture, in pixels. Classifiers use less, and a small copy is cheap. */
const maxSidePx = 320

const isFlowing = ({ readyState, enabled, muted }: MediaStreamTrack): boolean =>
  readyState === 'live' && enabled && !muted

/**
 * Takes pictures of a stream in a browser, through a `<video>` that is in no page. Every browser can do
 * this; `MediaStreamTrackProcessor` is missing in Firefox.
 */
export function videoPictures(stream: MediaStream): Pictures {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = stream
  const play = (): void => void video.play().catch(() => undefined)
  play()
  return {
    take: async () => {
      if (!stream.getVideoTracks().some(isFlowing)) return undefined
      // A browser may have paused the video, for example to save power. The next picture comes after that.
      if (video.paused) play()
      const { videoWidth, videoHeight } = video
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || videoWidth === 0)
        return undefined
      const scale = Math.min(1, maxSidePx / Math.max(videoWidth, videoHeight))
      return createImageBitmap(video, {
        resizeWidth: Math.max(1, Math.round(videoWidth * scale)),
        resizeHeight: Math.max(1, Math.round(videoHeight * scale)),
        resizeQuality: 'medium',
      })
    },
    close: () => {
      video.pause()
      video.srcObject = null
    },
  }
}
