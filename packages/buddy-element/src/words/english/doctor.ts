import type { BuddyErrorCode, CheckCode, CheckName, Device } from '@buddy-chat/client'

/**
 * The codes of checks that need advice of their own. Not included are codes that the doctor does
 * not show (`ok`, `not-needed` and `not-offered`), and errors of the server and of devices, for
 * which the doctor has general advice.
 */
type AdviceCode = Exclude<CheckCode, BuddyErrorCode | 'ok' | 'not-needed' | 'not-offered'>

type AdviceWords = string | Readonly<Record<Device, string>>

/** The connection doctor. */
export const doctor = {
  openDoctor: 'Find out why',
  doctor: 'Connection check',
  closeDoctor: 'Close',
  examining: 'Checking everything a call needs…',
  examineAgain: 'Check again',
  noFaults: 'Nothing is wrong here. If calls fail all the same, it may be the other side.',
  faults: { one: 'One thing is in the way.', other: '{count} things are in the way.' },
  checks: {
    page: 'This page is secure',
    webrtc: 'Your browser can make calls',
    camera: 'Camera',
    microphone: 'Microphone',
    sound: 'Sound may play',
    server: 'The chat server answers',
    clock: 'Your clock is right',
    'ice-servers': 'Your browser accepts the server’s list of relays',
    udp: 'The direct way through the network (UDP)',
    'turn-udp': 'The relay, by UDP',
    'turn-tcp': 'The relay, by TCP',
  } satisfies Record<CheckName, string>,
  checkResults: {
    ok: '— all is well',
    failed: '— something is wrong',
    skipped: '— not checked',
    running: '— being checked',
  },
  /**
   * What the result of a check means, and what the visitor can do. `{urls}` is replaced by the ICE
   * URLs that the browser refuses.
   */
  advice: {
    'not-asked': 'Your browser will ask you when you start.',
    'not-reached': 'This can be checked only after the other problems are solved.',
    unknown: 'Your browser does not reveal this.',
    'insecure-page':
      'Open this page with https: browsers open camera and microphone on secure pages only.',
    'webrtc-unavailable':
      'WebRTC is switched off. Check the browser’s privacy settings and its extensions.',
    'permission-denied': {
      camera:
        'Allow the camera for this page in the address bar. If it is allowed there, check the system’s privacy settings.',
      microphone:
        'Allow the microphone for this page in the address bar. If it is allowed there, check the system’s privacy settings.',
    },
    'blocked-by-policy':
      'The site that embeds this page has to add allow="camera; microphone" to its frame.',
    'device-not-found': {
      camera: 'Plug in a camera, or switch it on.',
      microphone: 'Plug in a microphone, or switch it on.',
    },
    'device-busy': {
      camera: 'Another program seems to be using the camera. Close that.',
      microphone: 'Another program seems to be using the microphone. Close that.',
    },
    'autoplay-blocked':
      'Your browser plays no sound before you have pressed something on this page.',
    'server-unreachable':
      'Check your connection. If other sites open, a firewall or an extension may block WebSockets, or the server is down.',
    'origin-not-allowed': 'The server does not serve this site: its owner has to add the address.',
    'server-full': 'The server answers, but it is full right now. Try again in a moment.',
    'going-away': 'The server is about to restart. Try again in a moment.',
    'clock-skew':
      'The clock of this device is wrong. Let the system set date and time automatically.',
    'udp-blocked':
      'No answer came back over UDP: a firewall or a VPN blocks it. Try another network, or ask the administrator of this one to allow UDP.',
    'turn-unreachable':
      'The relay does not answer this way. Another network may help. If not, the operator of the relay has to check it.',
    'turn-credentials':
      'The relay refused the credentials: its secret or its clock differs from the server’s. Only its operator can correct this.',
    'ice-url-refused':
      'Your browser refuses a STUN or TURN address of the server, so calls go without it: {urls}. The operator of the server has to correct it.',
    'relay-unavailable':
      'This page asks for calls that hide your address, and the server has no relay (TURN).',
  } satisfies Record<AdviceCode, AdviceWords> & Partial<Record<BuddyErrorCode, AdviceWords>>,
  serverAdvice: 'The server does not let you in ({code}).',
  deviceAdvice: {
    camera: 'The camera did not open. Unplug it and plug it in again, or restart the browser.',
    microphone:
      'The microphone did not open. Unplug it and plug it in again, or restart the browser.',
  },
} as const
