import type { Device } from '../errors.ts'
import type { MediaEnvironment } from './open-devices.ts'

/** The kinds of device that a user can choose. A speaker plays the partner's audio. */
export type DeviceKind = Device | 'speaker'

/** A camera, microphone or speaker of this machine. */
export interface DeviceInfo {
  readonly kind: DeviceKind
  /** The browser's id of the device. It changes if the user clears the page's data, and differs by site. */
  readonly id: string
  /** The system's name for the device. Empty until the user has permitted devices of this kind. */
  readonly label: string
}

const kinds: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
}

/**
 * Lists the devices. Requests no permission, but browsers hide most devices until the user has granted it.
 * Omits speakers if the page cannot choose the audio output. Resolves with an empty list if the browser
 * cannot list devices. Never rejects.
 */
export async function listDevices({
  mediaDevices,
  canChooseSpeaker,
}: MediaEnvironment): Promise<readonly DeviceInfo[]> {
  const found = (await mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  return found
    .map(({ kind, deviceId, label }) => ({ kind: kinds[kind], id: deviceId, label }))
    .filter(({ kind, id }) => id !== '' && (canChooseSpeaker || kind !== 'speaker'))
}
