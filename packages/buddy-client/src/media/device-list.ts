import type { Device } from '../errors.ts'
import type { MediaEnvironment } from './open-devices.ts'

/** The kinds of device that a user can choose: two inputs, and the output for the partner's audio. */
export type DeviceKind = Device | 'speaker'

/** A camera, microphone or speaker of this machine. */
export interface DeviceInfo {
  readonly kind: DeviceKind
  /** Stable for this site until the user clears its data. Other sites get other ids. */
  readonly id: string
  /** The system's name for the device; empty until the page has permission for devices of this kind. */
  readonly label: string
}

const kinds: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
}

/**
 * Lists the devices without asking for permission; browsers hide most devices until it is granted.
 * Omits speakers if the page cannot choose the audio output. Returns an empty list if the browser
 * has no device list or fails to return it. Never rejects.
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
