import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'

/** Facts about the page and the machine when `getUserMedia` failed. */
export interface MediaSituation {
  readonly isSecureContext: boolean
  /** The requested devices. */
  readonly wanted: readonly Device[]
  /** The requested devices that the embedding page does not allow (Permissions Policy). */
  readonly forbidden: readonly Device[]
  /** The requested devices that the machine does not have. */
  readonly missing: readonly Device[]
}

const joinNames = (devices: readonly Device[]): string => devices.join(' and ')

/**
 * Converts an error of `getUserMedia` to a `BuddyError` with a more precise code (W3C Media Capture and
 * Streams §10.2). The browser throws a `NotAllowedError` both if the user denied permission and if an
 * iframe lacks `allow`. Its `NotFoundError` does not name the missing device.
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
            `the embedding page does not allow ${joinNames(forbidden)}: its iframe needs allow="camera; microphone"`,
            forbidden,
          )
        : error('permission-denied', `permission to use ${joinNames(wanted)} was denied`)
    case 'NotFoundError': {
      const devices = missing.length > 0 ? missing : wanted
      return error('device-not-found', `no ${joinNames(devices)} was found`, devices)
    }
    case 'NotReadableError':
    case 'AbortError':
      return error(
        'device-busy',
        `${joinNames(wanted)} could not be opened: another application may be using it`,
      )
    case 'OverconstrainedError':
      return error('overconstrained', `no ${joinNames(wanted)} meets the constraints`)
    default:
      return error('media-failed', `${joinNames(wanted)} could not be opened`)
  }
}
