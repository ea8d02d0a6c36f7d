// What observations mean. Nothing here asks a browser: every rule is a function of what was seen.
import type { Device } from '../errors.ts'
import type { CheckCode } from './check.ts'

/** What gathering candidates brought to light. */
export interface Gathered {
  /** An address as a STUN server sees it. */
  readonly isReflexive: boolean
  /** An address at a TURN server. */
  readonly isRelayed: boolean
  /** `errorCode`s of `icecandidateerror` (W3C WebRTC §4.8.3): STUN's own, or 701, no answer. */
  readonly errorCodes: readonly number[]
  /** Whether it came to an end by itself, not by the time being up. */
  readonly isComplete: boolean
  /** Whether this browser tells of errors at all. */
  readonly tellsErrors: boolean
}

/** The servers of a list by what they are good for; TURN servers answer STUN by UDP as well. */
export interface IceWays {
  readonly udp: readonly RTCIceServer[]
  readonly 'turn-udp': readonly RTCIceServer[]
  readonly 'turn-tcp': readonly RTCIceServer[]
}

/** How far clocks may be apart: certificates and tokens are that generous. */
const maxSkewMs = 120_000

/** What a STUN or TURN server answers who is not known to it (RFC 8489 §14.8, RFC 8656 §18). */
const credentialErrors: ReadonlySet<number> = new Set([401, 403, 431, 438, 441])
/** No answer (W3C WebRTC §4.8.3). */
const noAnswer = 701

const isTcp = (url: string): boolean =>
  /^turns:/i.test(url) ? !/transport=udp/i.test(url) : /transport=tcp/i.test(url)

/** Sorts a server's ICE servers by the way they are asked, those with mixed URLs split up. */
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

/** Whether UDP gets out and back. */
export function judgeUdp(seen: Gathered): CheckCode {
  const { isReflexive, isRelayed, errorCodes, isComplete, tellsErrors } = seen
  // Any answer at all has come by UDP.
  if (isReflexive || isRelayed || errorCodes.some((code) => code !== noAnswer)) return 'ok'
  // Where no router translates, the address seen is one's own, and nothing new is learnt.
  return isComplete && tellsErrors && errorCodes.length === 0 ? 'ok' : 'udp-blocked'
}

/** Whether a TURN server gives a relay. */
export function judgeTurn({ isRelayed, errorCodes }: Gathered): CheckCode {
  if (isRelayed) return 'ok'
  return errorCodes.some((code) => credentialErrors.has(code))
    ? 'turn-credentials'
    : 'turn-unreachable'
}

/** Whether two clocks agree. `serverMs` is undefined where the server has not told. */
export function judgeClock(serverMs: number | undefined, ownMs: number): CheckCode {
  if (serverMs === undefined) return 'unknown'
  return Math.abs(serverMs - ownMs) > maxSkewMs ? 'clock-skew' : 'ok'
}

/** What can be known of a device without asking for it. */
export interface DeviceSeen {
  readonly device: Device
  readonly isSecurePage: boolean
  /** False where an embedding page forbids it; undefined where the browser does not tell. */
  readonly isAllowed: boolean | undefined
  readonly permission: PermissionState | undefined
  /** Whether there is one; undefined where nobody knows. */
  readonly isThere: boolean | undefined
}

/** Whether a device can be used, as far as that is known without asking for it. */
export function judgeDevice(seen: DeviceSeen): CheckCode {
  if (!seen.isSecurePage) return 'insecure-page'
  if (seen.isAllowed === false) return 'blocked-by-policy'
  if (seen.permission === 'denied') return 'permission-denied'
  if (seen.isThere === false) return 'device-not-found'
  if (seen.permission === 'granted') return 'ok'
  return seen.permission === 'prompt' ? 'not-asked' : 'unknown'
}
