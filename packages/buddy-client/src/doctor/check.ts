import type { CallFailure } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'

/**
 * The names of the checks of `diagnose()`, in the order in which it returns the results:
 * - `page`: the page is secure
 * - `webrtc`: the browser has WebRTC
 * - `camera`, `microphone`: the page may use the device
 * - `sound`: the page may play audio
 * - `server`: the server admits the client
 * - `clock`: the clock of the machine is right
 * - `ice-servers`: the browser accepts the server's ICE servers
 * - `udp`: UDP passes in both directions
 * - `turn-udp`, `turn-tcp`: a TURN server provides a relay, over UDP or over TCP
 */
export const checkNames = [
  'page',
  'webrtc',
  'camera',
  'microphone',
  'sound',
  'server',
  'clock',
  'ice-servers',
  'udp',
  'turn-udp',
  'turn-tcp',
] as const

/** A name in {@link checkNames}. */
export type CheckName = (typeof checkNames)[number]

/** The check found no fault. */
type Pass = 'ok'
/** The reason why a check was skipped. */
type Omission =
  /** The chat mode does not need what this check tests. */
  | 'not-needed'
  /** The server lists no ICE server for this check. */
  | 'not-offered'
  /** The browser would ask the visitor for permission first. */
  | 'not-asked'
  /** This check depends on another one, which failed. */
  | 'not-reached'
  /** The browser does not reveal the result. */
  | 'unknown'
/** The fault that a check found. */
type Fault =
  | BuddyErrorCode
  | 'udp-blocked'
  | 'turn-unreachable'
  | 'turn-credentials'
  | 'clock-skew'
  | 'autoplay-blocked'
  | 'ice-url-refused'

/** The detailed result of a check: passed, skipped for a reason, or a fault. */
export type CheckCode = Pass | Omission | Fault

/** A check and its result. */
export interface Check {
  readonly name: CheckName
  readonly result: 'ok' | 'failed' | 'skipped'
  readonly code: CheckCode
  /** The ICE URLs that the browser refuses, with the code `ice-url-refused`. Otherwise empty. */
  readonly urls: readonly string[]
}

const omissions: ReadonlySet<CheckCode> = new Set<Omission>([
  'not-needed',
  'not-offered',
  'not-asked',
  'not-reached',
  'unknown',
])

/**
 * Returns the check `name` with the result that follows from `code`.
 * @param urls the refused URLs, with the code `ice-url-refused`
 */
export function check(name: CheckName, code: CheckCode, urls: readonly string[] = []): Check {
  const result = code === 'ok' ? 'ok' : omissions.has(code) ? 'skipped' : 'failed'
  return { name, result, code, urls }
}

/**
 * Returns the reason that the client reports to the server for a failed check. Undefined if the check did
 * not fail. Also undefined for the check `server`, because the server counts its refusals itself, and
 * receives no report while it is unreachable.
 */
export function failureOf({ result, name, code }: Check): CallFailure | undefined {
  if (result !== 'failed' || name === 'server') return undefined
  switch (code) {
    case 'udp-blocked':
    case 'turn-unreachable':
    case 'turn-credentials':
    case 'clock-skew':
    case 'webrtc-unavailable':
    case 'insecure-page':
    case 'autoplay-blocked':
    case 'ice-url-refused':
      return code
    case 'device-not-found':
      return 'device-missing'
    default:
      return name === 'camera' || name === 'microphone' ? 'device-refused' : 'other'
  }
}
