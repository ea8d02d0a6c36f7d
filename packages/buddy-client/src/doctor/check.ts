import type { CallFailure } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'

/**
 * What the doctor looks at, in this order: the page is secure; WebRTC is there; camera and
 * microphone may be used; sound may play; the server lets one in; the clock is right; the
 * browser accepts the server's list of ICE servers; UDP gets out and back; a TURN server gives a relay, asked by UDP and by TCP.
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

/** What stands in the way of nothing. */
type Pass = 'ok'
/** Why something was not looked at. */
type Omission =
  /** This mode does without. */
  | 'not-needed'
  /** The server names no such ICE server. */
  | 'not-offered'
  /** The browser will ask the visitor first. */
  | 'not-asked'
  /** Something before it failed, without which this cannot be found out. */
  | 'not-reached'
  /** The browser does not tell. */
  | 'unknown'
/** What is wrong: an error's code, or one of these. */
type Fault =
  | BuddyErrorCode
  | 'udp-blocked'
  | 'turn-unreachable'
  | 'turn-credentials'
  | 'clock-skew'
  | 'autoplay-blocked'
  | 'ice-url-refused'

/** What was found, by name. */
export type CheckCode = Pass | Omission | Fault

/** One check and what came of it. */
export interface Check {
  readonly name: CheckName
  readonly result: 'ok' | 'failed' | 'skipped'
  readonly code: CheckCode
  /** What it means and what one can do, in words, in English. */
  readonly advice: string
}

const omissions: ReadonlySet<CheckCode> = new Set<Omission>([
  'not-needed',
  'not-offered',
  'not-asked',
  'not-reached',
  'unknown',
])

/**
 * A check with its words.
 * @param about what exactly is at fault, for codes that have such
 */
export function check(name: CheckName, code: CheckCode, about = ''): Check {
  const result = code === 'ok' ? 'ok' : omissions.has(code) ? 'skipped' : 'failed'
  return { name, result, code, advice: adviceOn(name, code, about) }
}

/** What the operator is told of a fault; undefined where they cannot be, or know better. */
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

function adviceOn(name: CheckName, code: CheckCode, about: string): string {
  const device = name === 'microphone' ? 'microphone' : 'camera'
  switch (code) {
    case 'ok':
      return 'All is well.'
    case 'not-needed':
      return 'Not needed here.'
    case 'not-offered':
      if (name === 'ice-servers') return 'The server names no STUN or TURN server.'
      return name === 'udp'
        ? 'The server names nobody to ask.'
        : 'The server names no relay of this kind.'
    case 'not-asked':
      return 'Your browser will ask you when you start.'
    case 'not-reached':
      return 'It cannot be looked at before the rest is well.'
    case 'unknown':
      return 'Your browser does not tell.'
    case 'insecure-page':
      return 'Open this page by https: browsers open camera and microphone nowhere else.'
    case 'webrtc-unavailable':
      return 'WebRTC is switched off. Look into the browser’s privacy settings and its extensions.'
    case 'permission-denied':
      return `Allow the ${device} for this page in the address bar. If it is allowed there, look into the system’s privacy settings.`
    case 'blocked-by-policy':
      return 'The site that embeds this page has to add allow="camera; microphone" to its frame.'
    case 'device-not-found':
      return `Plug in a ${device}, or switch it on.`
    case 'device-busy':
      return `Another program seems to be using the ${device}. Close that.`
    case 'autoplay-blocked':
      return 'Your browser plays no sound before you have pressed something on this page.'
    case 'server-unreachable':
      return 'Check your connection. If other sites open, a firewall or an extension may block WebSockets, or the server is down.'
    case 'origin-not-allowed':
      return 'The server does not serve this site: its owner has to add the address.'
    case 'server-full':
    case 'going-away':
      return 'The server is there, and has no room just now. Try again in a moment.'
    case 'clock-skew':
      return 'The clock of this device is wrong. Let it set date and time by itself.'
    case 'udp-blocked':
      return 'Nothing came back by UDP: a firewall or a VPN blocks it. Try another network, or ask who runs this one to let it through.'
    case 'turn-unreachable':
      return 'The relay does not answer by this way. Another network may help; if not, its operator has to look into it.'
    case 'turn-credentials':
      return 'The relay refused us: its secret or its clock is not the server’s. Only its operator can put that right.'
    case 'ice-url-refused':
      return `Your browser refuses a STUN or TURN address of the server, so calls go without it: ${about}. Its operator has to correct it.`
    case 'relay-unavailable':
      return 'This page asks for calls that hide your address, and the server has no relay (TURN).'
    default:
      return name === 'server'
        ? `The server does not let you in (${code}).`
        : `The ${device} did not open. Unplug it and plug it in again, or restart the browser.`
  }
}
