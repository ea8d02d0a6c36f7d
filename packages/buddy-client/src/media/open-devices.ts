import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { toMediaError } from './media-error.ts'

/** The browser facilities that local media needs. */
export interface MediaEnvironment {
  readonly isSecureContext: boolean
  /** Undefined on insecure pages. */
  readonly mediaDevices: MediaDevices | undefined
  /** False if the Permissions Policy forbids the device; undefined if the browser cannot report it. */
  readonly allowsFeature: (feature: Device) => boolean | undefined
  /** The user's permission for this page to use a device; undefined if the browser cannot report it. */
  readonly permission: (device: Device) => Promise<PermissionState | undefined>
  /** Whether the page can choose the audio output (`HTMLMediaElement.setSinkId`). */
  readonly canChooseSpeaker: boolean
}

/** `MediaStreamTrack.kind` for each device. */
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
    // Without the list the error only names all wanted devices instead of the missing ones.
    return []
  }
}

/** Stops every track of a stream. */
export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** The track of a device in a stream; undefined if there is none. */
export function trackOf(
  stream: MediaStream | undefined,
  device: Device,
): MediaStreamTrack | undefined {
  return stream?.getTracks().find(({ kind }) => kind === trackKinds[device])
}

/**
 * Opens all devices that `constraints` ask for, or none of them.
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
    // An iframe that may use only one of the two gets a stream with that one, and no error.
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
 * Opens devices with the first of `alternatives` that any devices meet.
 * @throws BuddyError a device code; an error other than `overconstrained` is thrown at once
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
