// The rules that turn observations into codes. They are pure functions: nothing here calls the browser.
import type { Device } from '../errors.ts'
import type { CheckCode } from './check.ts'

/** What a peer connection has gathered. */
export interface Gathered {
  /** There is a server-reflexive candidate: a STUN server has answered. */
  readonly isReflexive: boolean
  /** There is a relay candidate: a TURN server provides a relay. */
  readonly isRelayed: boolean
  /**
   * The `errorCode` of each `icecandidateerror` (W3C WebRTC §4.8.3): a STUN error code, or 701 if
   * no answer came.
   */
  readonly errorCodes: readonly number[]
  /** The browser completed gathering before the timeout. */
  readonly isComplete: boolean
  /** The browser emits `icecandidateerror`. */
  readonly hasErrorEvents: boolean
}

/** The ICE servers for each way through the network. TURN servers also answer STUN over UDP. */
export interface IceWays {
  readonly udp: readonly RTCIceServer[]
  readonly 'turn-udp': readonly RTCIceServer[]
  readonly 'turn-tcp': readonly RTCIceServer[]
}

/** The largest difference of two clocks that certificates and tokens tolerate. */
const maxSkewMs = 120_000

/** Errors of a TURN server that does not accept the credentials (RFC 8489 §14.8, RFC 8656 §18). */
const credentialErrors: ReadonlySet<number> = new Set([401, 403, 431, 438, 441])
/** The server did not answer (W3C WebRTC §4.8.3). */
const noAnswer = 701

const isTcp = (url: string): boolean =>
  /^turns:/i.test(url) ? !/transport=udp/i.test(url) : /transport=tcp/i.test(url)

/** Sorts ICE servers by transport. A server with several URLs becomes one server for each URL. */
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

/** Whether UDP passes in both directions. */
export function judgeUdp(seen: Gathered): CheckCode {
  const { isReflexive, isRelayed, errorCodes, isComplete, hasErrorEvents } = seen
  // Any answer, also an error, has arrived over UDP.
  if (isReflexive || isRelayed || errorCodes.some((code) => code !== noAnswer)) return 'ok'
  // Without address translation the reflexive address equals the host address, and the browser
  // gathers no further candidate.
  return isComplete && hasErrorEvents && errorCodes.length === 0 ? 'ok' : 'udp-blocked'
}

/** Whether a TURN server provides a relay. */
export function judgeTurn({ isRelayed, errorCodes }: Gathered): CheckCode {
  if (isRelayed) return 'ok'
  return errorCodes.some((code) => credentialErrors.has(code))
    ? 'turn-credentials'
    : 'turn-unreachable'
}

/** Whether two clocks agree within two minutes. `serverMs` is undefined if it could not be read. */
export function judgeClock(serverMs: number | undefined, ownMs: number): CheckCode {
  if (serverMs === undefined) return 'unknown'
  return Math.abs(serverMs - ownMs) > maxSkewMs ? 'clock-skew' : 'ok'
}

/** What a page knows of a device without opening it. */
export interface DeviceSeen {
  readonly device: Device
  readonly isSecurePage: boolean
  /** False if the embedding page forbids the device. Undefined if the browser does not reveal it. */
  readonly isAllowed: boolean | undefined
  readonly permission: PermissionState | undefined
  /** Whether the machine has such a device. Undefined if the devices could not be listed. */
  readonly isPresent: boolean | undefined
}

/** Whether a device can be used, judged without opening it. */
export function judgeDevice(seen: DeviceSeen): CheckCode {
  if (!seen.isSecurePage) return 'insecure-page'
  if (seen.isAllowed === false) return 'blocked-by-policy'
  if (seen.permission === 'denied') return 'permission-denied'
  if (seen.isPresent === false) return 'device-not-found'
  if (seen.permission === 'granted') return 'ok'
  return seen.permission === 'prompt' ? 'not-asked' : 'unknown'
}
