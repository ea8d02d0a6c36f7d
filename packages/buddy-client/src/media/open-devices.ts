import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { toMediaError } from './media-error.ts'

/** The browser functions that local media needs. */
export interface MediaEnvironment {
  readonly isSecureContext: boolean
  /** The browser's devices. Undefined on insecure pages. */
  readonly mediaDevices: MediaDevices | undefined
  /**
   * Returns false if the Permissions Policy forbids the device; undefined if the browser cannot report it.
   */
  readonly allowsFeature: (feature: Device) => boolean | undefined
  /** Resolves with the user's permission to use a device; undefined if the browser cannot report it. */
  readonly permission: (device: Device) => Promise<PermissionState | undefined>
  /** Whether the page can choose the audio output (`HTMLMediaElement.setSinkId`). */
  readonly canChooseSpeaker: boolean
}

/** The `kind` of the tracks of each device. */
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
    // Without the list, the error names all requested devices instead of the missing ones.
    return []
  }
}

/** Stops every track of a stream. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** Returns the track of a device in a stream; undefined if there is none. */
export function trackOf(
  stream: MediaStream | undefined,
  device: Device,
): MediaStreamTrack | undefined {
  return stream?.getTracks().find(({ kind }) => kind === trackKinds[device])
}

/**
 * Opens all devices that `constraints` request, or none of them.
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
    // In an iframe that may use only one of two requested devices, the browser returns a stream with that
    // one and throws no error.
    if (wanted.every((device) => trackOf(stream, device))) return stream
    stopTracks(stream)
    throw new DOMException('the stream lacks a requested device', 'NotAllowedError')
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
 * Opens devices with the first constraints in `alternatives` that the machine's devices meet.
 * @throws BuddyError a device code. An error other than `overconstrained` is thrown at once, without trying
 *   the other alternatives
 */
export async function openFirst(
  environment: MediaEnvironment,
  alternatives: readonly MediaStreamConstraints[],
): Promise<MediaStream> {
  const [first = {}, ...others] = alternatives
  try {
    return await openDevices(environment, first)
  } catch (error) {
    const isOverconstrained = error instanceof BuddyError && error.code === 'overconstrained'
    if (!isOverconstrained || others.length === 0) throw error
    return openFirst(environment, others)
  }
}
