import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { toMediaError } from './media-error.ts'

/** What local media needs of the page. */
export interface MediaEnvironment {
  readonly isSecureContext: boolean
  /** Absent on insecure pages. */
  readonly mediaDevices: MediaDevices | undefined
  /** False where an embedding page forbids it; undefined where the browser does not tell. */
  readonly allowsFeature: (feature: Device) => boolean | undefined
  /** What the visitor has said to this page about a device; undefined where nobody tells. */
  readonly permission: (device: Device) => Promise<PermissionState | undefined>
  /** Whether the page can say where sound comes out (`HTMLMediaElement.setSinkId`). */
  readonly canChooseSpeaker: boolean
}

/** What the browser calls the kind of a device's tracks. */
export const trackKinds = { camera: 'video', microphone: 'audio' } as const

const inputKinds = { camera: 'videoinput', microphone: 'audioinput' } as const

async function missingDevices(
  mediaDevices: MediaDevices,
  wanted: readonly Device[],
): Promise<readonly Device[]> {
  try {
    const devices = await mediaDevices.enumerateDevices()
    return wanted.filter((device) => !devices.some(({ kind }) => kind === inputKinds[device]))
  } catch {
    // Not knowing which one is missing only makes the message less exact.
    return []
  }
}

/** Ends every track of a stream. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** The track of a device in a stream, if there is one. */
export function trackOf(
  stream: MediaStream | undefined,
  device: Device,
): MediaStreamTrack | undefined {
  return stream?.getTracks().find(({ kind }) => kind === trackKinds[device])
}

/**
 * Opens what `constraints` ask for, all of it or nothing.
 * @throws BuddyError a device code, with the browser's error as `cause`
 */
export async function openDevices(
  environment: MediaEnvironment,
  constraints: MediaStreamConstraints,
): Promise<MediaStream> {
  const { mediaDevices, isSecureContext, allowsFeature } = environment
  const wanted: Device[] = []
  if (constraints.video) wanted.push('camera')
  if (constraints.audio) wanted.push('microphone')
  try {
    if (!mediaDevices) throw new DOMException('no mediaDevices', 'NotSupportedError')
    const stream = await mediaDevices.getUserMedia(constraints)
    // A frame that is allowed one of the two gets a stream of that one, and no error.
    if (wanted.every((device) => trackOf(stream, device))) return stream
    stopTracks(stream)
    throw new DOMException('a device was withheld', 'NotAllowedError')
  } catch (cause) {
    throw toMediaError(cause, {
      isSecureContext,
      wanted,
      forbidden: wanted.filter((device) => allowsFeature(device) === false),
      missing: mediaDevices ? await missingDevices(mediaDevices, wanted) : [],
    })
  }
}

/**
 * Opens the first of `wishes` that there are devices for.
 * @throws BuddyError a device code
 */
export async function openFirst(
  environment: MediaEnvironment,
  wishes: readonly MediaStreamConstraints[],
): Promise<MediaStream> {
  const [wish = {}, ...others] = wishes
  try {
    return await openDevices(environment, wish)
  } catch (error) {
    const isElsewhere = error instanceof BuddyError && error.code === 'overconstrained'
    if (!isElsewhere || others.length === 0) throw error
    return openFirst(environment, others)
  }
}
