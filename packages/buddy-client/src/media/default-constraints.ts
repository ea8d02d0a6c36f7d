import type { Device } from '../errors.ts'

/** What is asked of a device for which nobody has said anything. */
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
 * These constraints for this very device, whichever way it faces. It has to be exact: browsers that
 * let a person choose while they ask (Chromium) do not look at what is merely preferred.
 */
export function forDevice(
  constraints: MediaTrackConstraints,
  deviceId: string,
): MediaTrackConstraints {
  const { facingMode: _facingMode, ...others } = constraints
  return { ...others, deviceId: { exact: deviceId } }
}
