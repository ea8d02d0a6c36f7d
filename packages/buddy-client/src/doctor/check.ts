import type { CallFailure } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'

/**
 * The checks of the connection doctor, in the order in which results are returned: the page is
 * secure; the browser has WebRTC; camera and microphone may be used; audio may play; the server
 * admits the client; the clock is right; the browser accepts the server's ICE servers; UDP passes in
 * both directions; a TURN server provides a relay, requested over UDP and over TCP.
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

/** The name of a check, as in {@link checkNames}. */
export type CheckName = (typeof checkNames)[number]

/** The check found no fault. */
type Pass = 'ok'
/** Why a check was skipped. */
type Omission =
  /** The mode does not need it. */
  | 'not-needed'
  /** The server lists no such ICE server. */
  | 'not-offered'
  /** The browser would ask the visitor for permission first. */
  | 'not-asked'
  /** Another check failed that this one depends on. */
  | 'not-reached'
  /** The browser does not reveal it. */
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

/** The result of a check, by name. */
export type CheckCode = Pass | Omission | Fault

/** A check and its result. */
export interface Check {
  readonly name: CheckName
  readonly result: 'ok' | 'failed' | 'skipped'
  readonly code: CheckCode
  /** With `ice-url-refused`: the ICE URLs that the browser refuses. Empty otherwise. */
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
 * The result of the check `name` that found `code`.
 * @param urls the refused URLs, with `ice-url-refused`
 */
export function check(name: CheckName, code: CheckCode, urls: readonly string[] = []): Check {
  const result = code === 'ok' ? 'ok' : omissions.has(code) ? 'skipped' : 'failed'
  return { name, result, code, urls }
}

/**
 * The reason that the client reports to the server for a failed check. Undefined if there is nothing to
 * report: the check passed, or it is about the server, which knows its own refusals and receives
 * nothing while it is unreachable.
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
