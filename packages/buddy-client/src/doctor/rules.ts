// The rules by which `diagnose()` converts its observations to codes. They are pure functions that do not
// call the browser.
import type { Device } from '../errors.ts'
import type { CheckCode } from './check.ts'

/** The results of gathering candidates with a peer connection. */
export interface Gathered {
  /** Whether there is a server-reflexive candidate, which means that a STUN server has answered. */
  readonly isReflexive: boolean
  /** Whether there is a relay candidate, which means that a TURN server provides a relay. */
  readonly isRelayed: boolean
  /**
   * The `errorCode` of each `icecandidateerror` (W3C WebRTC §4.8.3): a STUN error code, or 701 if
   * no answer came.
   */
  readonly errorCodes: readonly number[]
  /** Whether the browser completed gathering before the timeout. */
  readonly isComplete: boolean
  /** Whether the browser supports the event `icecandidateerror`. */
  readonly hasErrorEvents: boolean
}

/**
 * The ICE servers to test for each way through the network. `udp` contains STUN servers, and TURN servers,
 * because these also answer STUN requests over UDP.
 */
export interface IceWays {
  readonly udp: readonly RTCIceServer[]
  readonly 'turn-udp': readonly RTCIceServer[]
  readonly 'turn-tcp': readonly RTCIceServer[]
}

/** The largest difference of two clocks with which certificates and tokens still work. */
const maxSkewMs = 120_000

/** The error codes of a TURN server that rejects the credentials (RFC 8489 §14.8, RFC 8656 §18). */
const credentialErrors: ReadonlySet<number> = new Set([401, 403, 431, 438, 441])
/** The error code if the server did not answer (W3C WebRTC §4.8.3). */
const noAnswer = 701

const isTcp = (url: string): boolean =>
  /^turns:/i.test(url) ? !/transport=udp/i.test(url) : /transport=tcp/i.test(url)

/**
 * Sorts ICE servers by their way through the network. Returns one server for each URL.
 */
export function iceWays(servers: readonly RTCIceServer[]): IceWays {
  const ways = { udp: [], 'turn-udp': [], 'turn-tcp': [] } as Record<keyof IceWays, RTCIceServer[]>
  for (const server of servers) {
    for (const url of [server.urls].flat()) {
      if (/^turns?:/i.test(url))
        ways[isTcp(url) ? 'turn-tcp' : 'turn-udp'].push({ ...server, urls: url })
      const [, address] = /^(?:stun|turn):([^?]+)/i.exec(url) ?? []
      if (address !== undefined && !isTcp(url)) ways.udp.push({ urls: `stun:${address}` })
    }
  }
  return ways
}

/** Returns whether UDP passes in both directions. */
export function judgeUdp(seen: Gathered): CheckCode {
  const { isReflexive, isRelayed, errorCodes, isComplete, hasErrorEvents } = seen
  // Every answer arrived over UDP, also if it is an error.
  if (isReflexive || isRelayed || errorCodes.some((code) => code !== noAnswer)) return 'ok'
  // On a machine without address translation, the reflexive address equals the host address, so the
  // browser emits no reflexive candidate although the STUN server has answered.
  return isComplete && hasErrorEvents && errorCodes.length === 0 ? 'ok' : 'udp-blocked'
}

/** Returns whether a TURN server provides a relay. */
export function judgeTurn({ isRelayed, errorCodes }: Gathered): CheckCode {
  if (isRelayed) return 'ok'
  return errorCodes.some((code) => credentialErrors.has(code))
    ? 'turn-credentials'
    : 'turn-unreachable'
}

/** Returns whether two clocks agree within two minutes. `serverMs` is undefined if it could not be read. */
export function judgeClock(serverMs: number | undefined, ownMs: number): CheckCode {
  if (serverMs === undefined) return 'unknown'
  return Math.abs(serverMs - ownMs) > maxSkewMs ? 'clock-skew' : 'ok'
}

/** What a page can find out about a device without opening it. */
export interface DeviceSeen {
  readonly device: Device
  readonly isSecurePage: boolean
  /** False if the embedding page forbids the device. Undefined if the browser does not reveal it. */
  readonly isAllowed: boolean | undefined
  readonly permission: PermissionState | undefined
  /** Whether the machine has such a device. Undefined if the devices could not be listed. */
  readonly isPresent: boolean | undefined
}

/** Returns whether a device can be used, as far as the page can find out without opening it. */
export function judgeDevice(seen: DeviceSeen): CheckCode {
  if (!seen.isSecurePage) return 'insecure-page'
  if (seen.isAllowed === false) return 'blocked-by-policy'
  if (seen.permission === 'denied') return 'permission-denied'
  if (seen.isPresent === false) return 'device-not-found'
  if (seen.permission === 'granted') return 'ok'
  return seen.permission === 'prompt' ? 'not-asked' : 'unknown'
}
