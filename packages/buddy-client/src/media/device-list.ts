import type { Device } from '../errors.ts'
import type { MediaEnvironment } from './open-devices.ts'

/** What a person can choose: two kinds that are opened, and where the partner is heard. */
export type DeviceKind = Device | 'speaker'

/** A camera, microphone or speaker of this machine. */
export interface DeviceInfo {
  readonly kind: DeviceKind
  /** Stays the same for this site until its data is cleared; means nothing to another site. */
  readonly id: string
  /** As the system names it; empty until the page may use devices of that kind. */
  readonly label: string
}

const kinds: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
}

/**
 * The devices there are, without asking for permission: before that is given, browsers hide most of
 * them. Speakers are left out where the page cannot choose among them. Empty where there is no list.
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
