import type { Rung } from './bitrate-ladder.ts'

/** Speech is clear with this much. */
const lowDataAudioKbps = 16

/** How much may be sent. */
export interface SendingLimits {
  /** Of video. */
  readonly maxBitrateKbps: number
  /** Small pictures, few of them, and narrow sound. */
  readonly isLowData: boolean
}

/** The size to send, from what the camera gives. */
function scale(track: MediaStreamTrack, { shortSide }: Rung): number {
  const { width = 1280, height = 720 } = track.getSettings()
  return Math.max(1, Math.min(width, height) / shortSide)
}

/**
 * Holds what a sender sends to these limits from now on, without a negotiation. Never rejects: a
 * browser that does not take them sends as it would without.
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
    // Closed meanwhile, or without such limits: nothing depends on them.
  }
}
