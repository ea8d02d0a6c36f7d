import type { Device } from '../errors.ts'

/** The constraints with which a device is opened if the page has set none. */
export const defaultConstraints: Readonly<Record<Device, MediaTrackConstraints>> = {
  camera: {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    facingMode: 'user',
  },
  microphone: {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  },
}

/**
 * Returns `constraints` with an exact device id and without `facingMode`. The id must be exact, because
 * browsers whose permission prompt lets the user pick a device (Chromium) ignore an ideal id.
 */
export function forDevice(
  constraints: MediaTrackConstraints,
  deviceId: string,
): MediaTrackConstraints {
  const { facingMode: _facingMode, ...others } = constraints
  return { ...others, deviceId: { exact: deviceId } }
}
