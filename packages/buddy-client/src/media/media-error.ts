import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'

/** What is known about the page and the machine when a device was refused. */
export interface MediaSituation {
  readonly isSecureContext: boolean
  /** Devices asked for. */
  readonly wanted: readonly Device[]
  /** Of those, the ones the embedding page does not allow to this one (Permissions Policy). */
  readonly forbidden: readonly Device[]
  /** Of those, the ones the machine does not have. */
  readonly missing: readonly Device[]
}

const words = (devices: readonly Device[]): string => devices.join(' and ')

/**
 * Tells the refusals of `getUserMedia` apart. The browser gives one `NotAllowedError` for a
 * visitor's "no" and for an iframe without `allow`, and one `NotFoundError` whichever device is
 * missing (W3C Media Capture and Streams §10.2).
 */
export function toMediaError(cause: unknown, situation: MediaSituation): BuddyError {
  const { isSecureContext, wanted, forbidden, missing } = situation
  const error = (
    code: BuddyError['code'],
    message: string,
    devices: readonly Device[] = wanted,
  ): BuddyError => new BuddyError(code, message, { cause, devices })

  if (!isSecureContext) {
    return error('insecure-page', 'camera and microphone need an https page (or localhost)')
  }
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : ''
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return forbidden.length > 0
        ? error(
            'blocked-by-policy',
            `the embedding page does not allow ${words(forbidden)}: its iframe needs allow="camera; microphone"`,
            forbidden,
          )
        : error('permission-denied', `permission to use ${words(wanted)} was refused`)
    case 'NotFoundError': {
      const devices = missing.length > 0 ? missing : wanted
      return error('device-not-found', `no ${words(devices)} was found`, devices)
    }
    case 'NotReadableError':
    case 'AbortError':
      return error('device-busy', `${words(wanted)} could not be opened: in use elsewhere?`)
    case 'OverconstrainedError':
      return error('overconstrained', `no ${words(wanted)} can do what was asked`)
    default:
      return error('media-failed', `${words(wanted)} could not be opened`)
  }
}
