import type { Device } from '../errors.ts'
import { toMediaError } from './media-error.ts'

/** What local media needs of the page. */
export interface MediaEnvironment {
  readonly isSecureContext: boolean
  /** Absent on insecure pages. */
  readonly mediaDevices: MediaDevices | undefined
  /** False where an embedding page forbids it; undefined where the browser does not tell. */
  readonly allowsFeature: (feature: Device) => boolean | undefined
}

const kinds = { camera: 'videoinput', microphone: 'audioinput' } as const

async function missingDevices(
  mediaDevices: MediaDevices,
  wanted: readonly Device[],
): Promise<readonly Device[]> {
  try {
    const devices = await mediaDevices.enumerateDevices()
    return wanted.filter((device) => !devices.some(({ kind }) => kind === kinds[device]))
  } catch {
    // Not knowing which one is missing only makes the message less exact.
    return []
  }
}

/** Ends every track of `stream`: the camera's light goes out. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/**
 * Opens camera and microphone.
 * @returns a stream whose tracks the caller stops
 * @throws BuddyError a device code, with the browser's error as `cause`
 */
export async function openLocalMedia(
  environment: MediaEnvironment,
  constraints: MediaStreamConstraints,
): Promise<MediaStream> {
  const { mediaDevices, isSecureContext, allowsFeature } = environment
  const wanted: Device[] = []
  if (constraints.video) wanted.push('camera')
  if (constraints.audio) wanted.push('microphone')
  try {
    if (!mediaDevices) throw new DOMException('no mediaDevices', 'NotSupportedError')
    return await mediaDevices.getUserMedia(constraints)
  } catch (cause) {
    throw toMediaError(cause, {
      isSecureContext,
      wanted,
      forbidden: wanted.filter((device) => allowsFeature(device) === false),
      missing: mediaDevices ? await missingDevices(mediaDevices, wanted) : [],
    })
  }
}
