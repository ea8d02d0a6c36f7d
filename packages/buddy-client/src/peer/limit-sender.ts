import type { Rung } from './bitrate-ladder.ts'

/** The bitrate of audio in low-data mode. It is enough for clear speech. */
const lowDataAudioKbps = 16

/** The limits for sent media. */
export interface SendingLimits {
  /** The maximum bitrate of video. Does not apply to audio. */
  readonly maxBitrateKbps: number
  /** Whether to send small video with few frames, and audio with a low bitrate. */
  readonly isLowData: boolean
}

/** Returns the factor by which to scale the camera's video down. */
function scale(track: MediaStreamTrack, { shortSide }: Rung): number {
  const { width = 1280, height = 720 } = track.getSettings()
  return Math.max(1, Math.min(width, height) / shortSide)
}

/**
 * Applies these limits to a sender at once, without a negotiation. Never rejects. If the browser rejects
 * the limits, the sender keeps its present ones.
 */
export async function limitSender(
  sender: RTCRtpSender,
  rung: Rung,
  { maxBitrateKbps, isLowData }: SendingLimits,
): Promise<void> {
  const { track } = sender
  if (!track) return
  try {
    const parameters = sender.getParameters()
    for (const encoding of parameters.encodings) {
      if (track.kind === 'video') {
        encoding.maxBitrate = 1000 * Math.min(rung.kbps, maxBitrateKbps)
        encoding.maxFramerate = rung.framesPerSecond
        encoding.scaleResolutionDownBy = scale(track, rung)
      } else if (isLowData) encoding.maxBitrate = 1000 * lowDataAudioKbps
      else delete encoding.maxBitrate
    }
    await sender.setParameters(parameters)
  } catch {
    // The connection was closed meanwhile, or the browser does not support these limits.
  }
}
