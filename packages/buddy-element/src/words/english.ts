import type {
  BuddyErrorCode,
  CallEndReason,
  CheckCode,
  CheckName,
  Device,
  Quality,
} from '@buddy-chat/client'

/**
 * A text for each device that an error may concern. `both` is used if it concerns both devices, or
 * if the device is unknown.
 */
type ByDevices = Readonly<Record<Device | 'both', string>>

/**
 * What an error means, and what the visitor can do. `{message}` is replaced by the message of the
 * error, which is in English and for developers.
 */
interface ErrorWords {
  readonly title: string | ByDevices
  readonly body: string | ByDevices
}

/**
 * The codes of checks that need advice of their own. Not included are codes that the doctor does
 * not show (`ok`, `not-needed` and `not-offered`), and errors of the server and of devices, for
 * which the doctor has general advice.
 */
type AdviceCode = Exclude<CheckCode, BuddyErrorCode | 'ok' | 'not-needed' | 'not-offered'>

type AdviceWords = string | Readonly<Record<Device, string>>

const tokenRefused = {
  title: 'This page may not let you in',
  body: 'Sign in on this site first. If you have, its owner has to look into it.',
} as const
const unexplained = { title: 'Something went wrong', body: '{message}' } as const

/**
 * Every text that the element shows or announces, in English. Names in braces are placeholders for
 * `fill`. `fillPlural` chooses among texts by plural category (`one`, `other` …). Every other
 * language needs the same keys and placeholders; see `Words`.
 */
export const english = {
  /** The language as a BCP 47 tag, which determines the plural rules. */
  language: 'en',
  title: { video: 'Meet someone new', audio: 'Talk to someone new', text: 'Write to someone new' },
  subtitle: {
    video: 'One click, one stranger, face to face.',
    audio: 'One click, one stranger, just your voices.',
    text: 'One click, one stranger, just words.',
  },
  privacy: {
    video: 'Your camera turns on only when you press a button.',
    audio: 'Your microphone turns on only when you press a button.',
    text: 'Text only. Your camera and microphone stay off.',
  },
  check: { video: 'Check camera and microphone', audio: 'Check microphone' },
  closePreview: 'Turn off',
  checking: 'Waiting for your permission…',
  ready: {
    video: 'This is how you are seen',
    audio: 'Say something: the bar moves with your voice.',
  },
  devices: { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker' },
  /** The names of devices to which the browser gives no name. */
  deviceNumber: {
    camera: 'Camera {number}',
    microphone: 'Microphone {number}',
    speaker: 'Speaker {number}',
  },
  noDevice: { camera: 'No camera', microphone: 'No microphone', speaker: 'System default' },
  level: 'Microphone level',
  openDevices: 'Camera and sound',
  closeDevices: 'Close',
  flipCamera: 'Turn camera round',
  resume: { camera: 'Turn camera on', microphone: 'Turn microphone on' },
  deviceReplaced: {
    camera: 'Your camera is gone. Now using {label}.',
    microphone: 'Your microphone is gone. Now using {label}.',
  },
  deviceReplacedByUnnamed: {
    camera: 'Your camera is gone. Now using another.',
    microphone: 'Your microphone is gone. Now using another.',
  },
  devicePaused: {
    camera: 'Your system has paused your camera.',
    microphone: 'Your system has paused your microphone.',
  },
  deviceForbidden: {
    camera: 'Your camera is not allowed any more.',
    microphone: 'Your microphone is not allowed any more.',
  },
  deviceLost: {
    camera: 'Your camera is gone. You are not seen.',
    microphone: 'Your microphone is gone. You are not heard.',
  },
  nameLabel: 'Your name',
  namePlaceholder: 'Your name (optional)',
  start: 'Start',
  next: 'Next',
  stop: 'Stop',
  you: 'You',
  ownName: '{name} (You)',
  /** The name that is shown for a partner who has no visible name. */
  stranger: 'Stranger',
  /** The label of a button, and the key that does the same. */
  withKey: '{label} ({key})',
  muteMicrophone: 'Mute microphone',
  unmuteMicrophone: 'Unmute microphone',
  hideCamera: 'Turn camera off',
  showCamera: 'Turn camera on',
  openText: 'Show messages',
  openUnreadText: 'Show messages ({count})',
  closeText: 'Hide messages',
  conversation: 'Messages',
  textPlaceholder: 'Write a message',
  textDisabled: 'Messages open with a partner',
  send: 'Send',
  emptyConversation: 'Say hello: nothing here is kept.',
  openingDevices: 'Waiting for your permission…',
  openingDevicesHint: {
    video: 'Your browser asks whether this page may use your camera and microphone.',
    audio: 'Your browser asks whether this page may use your microphone.',
  },
  connecting: 'Connecting…',
  looking: 'Looking for someone…',
  alone: 'You are the only one here right now. Someone may come any moment.',
  online: { one: '{count} person here now', other: '{count} people here now' },
  negotiating: 'Connecting you with {partner}…',
  connected: 'You are with {partner}.',
  away: '{partner}’s connection is interrupted…',
  back: '{partner} is back.',
  interrupted: {
    connecting: 'Connection interrupted. Looking for another way…',
    restarting: 'Connection interrupted. Looking for another way…',
    rebuilding: 'Still interrupted. Connecting again…',
  },
  restored: 'The connection is restored.',
  lost: 'The call was lost',
  lostHint: 'Your partner could not be reached any more.',
  findAnother: 'Find someone else',
  serverLost: 'The server is out of reach. Your call goes on.',
  serverBack: 'The server can be reached again.',
  quality: {
    good: 'Good connection',
    fair: 'Unsteady connection',
    poor: 'Poor connection',
  } satisfies Record<Quality, string>,
  poorHere: 'Poor connection: picture and sound may falter.',
  poorThere: 'Poor connection: {partner} may hardly see and hear you.',
  better: 'The connection is better.',
  connectDirectly: 'Connect directly',
  connectDirectlyHint:
    'Your addresses are hidden from each other. Connected directly you may see and hear better, and {partner} could learn your IP address.',
  trustRequest:
    '{partner} would like to connect directly. You could learn each other’s IP address.',
  agree: 'Agree',
  notNow: 'Not now',
  awaitingTrust: '{partner} has not agreed yet',
  bothTrust: 'You both agreed. Looking for a direct way…',
  changesWaiting: 'Changed settings count from the next start.',
  typing: '{partner} is writing…',
  common: 'You both like',
  cameraOff: '{partner}’s camera is off',
  cameraOn: '{partner}’s camera is on',
  muted: '{partner} is muted',
  unmuted: '{partner} is no longer muted',
  ownCameraOff: 'Your camera is off',
  ownCameraOn: 'Your camera is on',
  ownMuted: 'Your microphone is muted',
  ownUnmuted: 'Your microphone is on',
  play: 'Tap to see and hear',
  playHint: 'Your browser paused {partner}’s video.',
  /** How the last call ended, shown while the client looks for the next partner. */
  callEnded: {
    'partner-next': '{partner} moved on.',
    'partner-left': '{partner} left.',
    'partner-lost': '{partner} lost the connection.',
    'call-failed': 'No connection to {partner} was possible.',
    'server-lost': 'The call with {partner} was interrupted.',
  } satisfies Record<Exclude<CallEndReason, 'next' | 'stop'>, string>,
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
  tryNow: 'Try now',
  tryAgain: 'Try again',
  audioOnly: 'Continue without camera',
  retryIn: 'Trying again in {seconds} s',
  retryNow: 'Trying again now…',
  errors: {
    'permission-denied': {
      title: 'Your browser said no',
      body: {
        camera: 'Allow camera for this page in the address bar, then try again.',
        microphone: 'Allow microphone for this page in the address bar, then try again.',
        both: 'Allow camera and microphone for this page in the address bar, then try again.',
      },
    },
    'blocked-by-policy': {
      title: 'This page is embedded without permission',
      body: 'The site that embeds it has to add allow="camera; microphone" to its frame.',
    },
    'device-not-found': {
      title: {
        camera: 'No camera found',
        microphone: 'No microphone found',
        both: 'No camera or microphone found',
      },
      body: {
        camera: 'Plug one in and try again, or go on without: others will hear you.',
        microphone: 'Plug in a microphone and try again.',
        both: 'Plug in a microphone and try again.',
      },
    },
    'device-busy': {
      title: {
        camera: 'Your camera is busy',
        microphone: 'Your microphone is busy',
        both: 'Your camera is busy',
      },
      body: 'Another program seems to be using it. Close that, then try again.',
    },
    overconstrained: {
      title: {
        camera: 'Your camera cannot do this',
        microphone: 'Your microphone cannot do this',
        both: 'Your camera cannot do this',
      },
      body: {
        camera: 'No camera here meets what this page asks for.',
        microphone: 'No microphone here meets what this page asks for.',
        both: 'No camera or microphone here meets what this page asks for.',
      },
    },
    'insecure-page': {
      title: 'This page is not secure',
      body: 'Browsers open camera and microphone on https pages only.',
    },
    'media-failed': {
      title: {
        camera: 'Your camera did not open',
        microphone: 'Your microphone did not open',
        both: 'Your camera did not open',
      },
      body: 'Unplug it and plug it in again, or restart the browser, then try again.',
    },
    'server-full': {
      title: 'It is full right now',
      body: 'You can join as soon as there is room.',
    },
    'too-many-connections': {
      title: 'Too many visitors from your network',
      body: 'Close other tabs with this page, or wait a moment.',
    },
    'going-away': { title: 'The server restarts', body: 'It will be back in a moment.' },
    'rate-limited': {
      title: 'Slow down a little',
      body: 'That was too fast and was not delivered.',
    },
    'server-unreachable': {
      title: 'The server cannot be reached',
      body: 'Check your connection. Nothing is lost: this page keeps trying.',
    },
    'server-missing': {
      title: 'No chat server is set',
      body: 'This page does not say where its chat server is: its owner has to set server="https://…" on <buddy-chat>.',
    },
    'insecure-server': {
      title: 'The chat server is not secure',
      body: 'This page may not use it over plain http: its owner has to set an https address.',
    },
    'blocked-by-csp': {
      title: 'This page blocks its own chat',
      body: 'Its content security policy lacks the chat server: its owner has to add it to connect-src.',
    },
    'not-a-buddy-server': {
      title: 'There is no chat server here',
      body: 'Something else answers at the address this page uses: its owner has to set “server”.',
    },
    'origin-not-allowed': {
      title: 'This site is not on the list',
      body: 'The chat server does not serve this page: its owner has to add the address.',
    },
    'unsupported-version': {
      title: 'This page is out of date',
      body: 'Reload it to get the current version.',
    },
    'unknown-site': {
      title: 'This site is not known',
      body: 'The chat server does not know the site this page names: its owner has to set it up.',
    },
    'token-required': tokenRefused,
    'token-invalid': tokenRefused,
    'token-wrong-site': tokenRefused,
    'token-timeout': {
      title: 'This page did not sign you in',
      body: 'It gave no token in time. Try again; if that does not help, its owner has to look into it.',
    },
    'token-expired': { title: 'You have been signed out', body: 'Reload this page to go on.' },
    'not-permitted': {
      title: 'This is not offered here',
      body: 'The site does not allow it.',
    },
    banned: {
      title: 'You have been shut out',
      body: 'The operator does not let you in for now.',
    },
    refused: { title: 'That was not let through', body: 'The operator does not allow it.' },
    'session-taken': {
      title: 'You went on elsewhere',
      body: 'This chat is open in another place now.',
    },
    'idle-timeout': {
      title: 'Still there?',
      body: 'You were away for a while. Start again any time.',
    },
    'call-failed': { title: 'No connection was possible', body: 'Looking for someone else.' },
    'webrtc-unavailable': {
      title: 'Calls are switched off here',
      body: 'WebRTC is disabled in this browser.',
    },
    'relay-unavailable': {
      title: 'Your address could not be hidden',
      body: 'This server has no relay (TURN), which this page asks for. No call was made.',
    },
    'invalid-options': { title: 'Something is set up wrong', body: '{message}' },
    'protocol-violation': unexplained,
    'server-error': unexplained,
    'not-in-call': unexplained,
    'invalid-text': unexplained,
    aborted: unexplained,
  } satisfies Record<BuddyErrorCode, ErrorWords>,
} as const
