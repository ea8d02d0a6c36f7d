// Every word a visitor sees, in one place.
import type {
  BuddyError,
  CallEndReason,
  DeviceChange,
  DeviceKind,
  Quality,
} from '@buddy-chat/client'

export const words = {
  title: { video: 'Meet someone new', audio: 'Talk to someone new', text: 'Write to someone new' },
  subtitle: {
    video: 'One click, one stranger, face to face.',
    audio: 'One click, one stranger, just your voices.',
    text: 'One click, one stranger, just words.',
  },
  privacy: {
    video: 'Your camera turns on only when you press a button.',
    audio: 'Your microphone turns on only when you press a button.',
    text: 'Nobody sees or hears you: text only.',
  },
  check: { video: 'Check camera and microphone', audio: 'Check microphone' },
  closePreview: 'Turn off',
  checking: 'Waiting for your permission…',
  ready: {
    video: 'This is how you are seen',
    audio: 'Say something: the bar moves with your voice.',
  },
  devices: { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker' },
  deviceNumber: (kind: DeviceKind, number: number): string => `${words.devices[kind]} ${number}`,
  noDevice: { camera: 'No camera', microphone: 'No microphone', speaker: 'System default' },
  level: 'Microphone level',
  openDevices: 'Camera and sound',
  closeDevices: 'Close',
  flipCamera: 'Turn camera round',
  resume: { camera: 'Turn camera on', microphone: 'Turn microphone on' },
  nameLabel: 'Your name',
  namePlaceholder: 'Your name (optional)',
  start: 'Start',
  next: 'Next',
  stop: 'Stop',
  you: 'You',
  stranger: 'Stranger',
  muteMicrophone: 'Mute microphone',
  unmuteMicrophone: 'Unmute microphone',
  hideCamera: 'Turn camera off',
  showCamera: 'Turn camera on',
  openText: 'Show messages',
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
  online: (count: number): string => `${count} people here now`,
  negotiating: (name: string): string => `Connecting you with ${name}…`,
  connected: (name: string): string => `You are with ${name}.`,
  away: (name: string): string => `${name}’s connection is interrupted…`,
  back: (name: string): string => `${name} is back.`,
  interrupted: {
    connecting: 'Connection interrupted. Looking for another way…',
    restarting: 'Connection interrupted. Looking for another way…',
    rebuilding: 'Still interrupted. Connecting anew…',
  },
  restored: 'The connection is there again.',
  lost: 'The call was lost',
  lostHint: 'No way to your partner could be found any more.',
  findAnother: 'Find someone else',
  serverLost: 'The server is out of reach. Your call goes on.',
  serverBack: 'The server is there again.',
  quality: {
    good: 'Good connection',
    fair: 'Unsteady connection',
    poor: 'Poor connection',
  } satisfies Record<Quality, string>,
  poorHere: 'Poor connection: picture and sound may falter.',
  better: 'The connection is better.',
  poorThere: (name: string): string => `Poor connection: ${name} may hardly see and hear you.`,
  connectDirectly: 'Connect directly',
  connectDirectlyHint: (name: string): string =>
    `Your addresses are hidden from each other. Connected directly you may see and hear better, and ${name} could learn your IP address.`,
  trusts: (name: string): string =>
    `${name} would like to connect directly. You could learn each other’s IP address.`,
  agree: 'Agree',
  notNow: 'Not now',
  awaitingTrust: (name: string): string => `${name} has not agreed yet`,
  bothTrust: 'You both agreed. Looking for a direct way…',
  changesWaiting: 'Changed settings count from the next start.',
  typing: (name: string): string => `${name} is writing…`,
  common: 'You both like',
  cameraOff: (name: string): string => `${name}’s camera is off`,
  cameraOn: (name: string): string => `${name}’s camera is on`,
  muted: (name: string): string => `${name} is muted`,
  unmuted: (name: string): string => `${name} is no longer muted`,
  ownCameraOff: 'Your camera is off',
  ownCameraOn: 'Your camera is on',
  ownMuted: 'Your microphone is muted',
  ownUnmuted: 'Your microphone is on',
  play: 'Tap to see and hear',
  playHint: (name: string): string => `Your browser paused ${name}’s video.`,
  openDoctor: 'Find out why',
  doctor: 'Connection check',
  closeDoctor: 'Close',
  examining: 'Looking at everything a call needs…',
  examineAgain: 'Look again',
  verdict: (faults: number): string =>
    faults === 0
      ? 'Nothing is wrong here. If calls fail all the same, it may be the other side.'
      : faults === 1
        ? 'One thing is in the way.'
        : `${faults} things are in the way.`,
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
  },
  checkResults: {
    ok: '— all is well',
    failed: '— something is wrong',
    skipped: '— not looked at',
    running: '— being looked at',
  },
  tryNow: 'Try now',
  tryAgain: 'Try again',
  audioOnly: 'Continue without camera',
  retryIn: (seconds: number): string =>
    seconds > 0 ? `Trying again in ${seconds} s` : 'Trying again now…',
} as const

/** What became of the last call, said while the next is being looked for. */
export function leaveNotice(reason: CallEndReason, name: string): string | undefined {
  switch (reason) {
    case 'partner-next':
      return `${name} moved on.`
    case 'partner-left':
      return `${name} left.`
    case 'partner-lost':
      return `${name} lost the connection.`
    case 'call-failed':
      return `No connection to ${name} was possible.`
    case 'server-lost':
      return `The call with ${name} was interrupted.`
    default:
      return undefined
  }
}

/** What has become of a device, and what it means. */
export function deviceNotice({ device, status, label, error }: DeviceChange): string {
  if (status === 'replaced') return `Your ${device} is gone. Now using ${label || 'another'}.`
  if (status === 'paused') return `Your system has paused your ${device}.`
  if (error?.code === 'permission-denied') return `Your ${device} is not allowed any more.`
  const effect = device === 'camera' ? 'You are not seen.' : 'You are not heard.'
  return `Your ${device} is gone. ${effect}`
}

interface Explanation {
  readonly title: string
  readonly body: string
}

// Who talks without a camera is not told about one.
const firstDevice = ({ devices }: BuddyError): string => devices[0] ?? 'camera'
const anyDevice = ({ devices }: BuddyError): string =>
  devices.join(' or ') || 'camera or microphone'
const allDevices = ({ devices }: BuddyError): string =>
  devices.join(' and ') || 'camera and microphone'

/** An error in words: what is the matter, and what one can do. */
export function explain(error: BuddyError): Explanation {
  switch (error.code) {
    case 'permission-denied':
      return {
        title: 'Your browser said no',
        body: `Allow ${allDevices(error)} for this page in the address bar, then try again.`,
      }
    case 'blocked-by-policy':
      return {
        title: 'This page is embedded without permission',
        body: 'The site that embeds it has to add allow="camera; microphone" to its frame.',
      }
    case 'device-not-found':
      return {
        title: `No ${anyDevice(error)} found`,
        body: error.devices.includes('microphone')
          ? 'Plug in a microphone and try again.'
          : 'Plug one in and try again, or go on without: others will hear you.',
      }
    case 'device-busy':
      return {
        title: `Your ${firstDevice(error)} is busy`,
        body: 'Another program seems to be using it. Close that, then try again.',
      }
    case 'overconstrained':
      return {
        title: `Your ${firstDevice(error)} cannot do this`,
        body: `No ${anyDevice(error)} here meets what this page asks for.`,
      }
    case 'insecure-page':
      return {
        title: 'This page is not secure',
        body: 'Browsers open camera and microphone on https pages only.',
      }
    case 'media-failed':
      return {
        title: `Your ${firstDevice(error)} did not open`,
        body: 'Unplug it and plug it in again, or restart the browser, then try again.',
      }
    case 'server-full':
      return { title: 'It is full right now', body: 'You will be let in as soon as there is room.' }
    case 'too-many-connections':
      return {
        title: 'Too many visitors from your network',
        body: 'Close other tabs with this page, or wait a moment.',
      }
    case 'going-away':
      return { title: 'The server restarts', body: 'It will be back in a moment.' }
    case 'rate-limited':
      return { title: 'Slow down a little', body: 'That was too fast and was not delivered.' }
    case 'server-unreachable':
      return {
        title: 'The server cannot be reached',
        body: 'Check your connection. Nothing is lost: this page keeps trying.',
      }
    case 'insecure-server':
      return {
        title: 'The chat server is not secure',
        body: 'This page may not use it over plain http: its owner has to set an https address.',
      }
    case 'blocked-by-csp':
      return {
        title: 'This page blocks its own chat',
        body: 'Its content security policy lacks the chat server: its owner has to add it to connect-src.',
      }
    case 'not-a-buddy-server':
      return {
        title: 'There is no chat server here',
        body: 'Something else answers at the address this page uses: its owner has to set “server”.',
      }
    case 'origin-not-allowed':
      return {
        title: 'This site is not on the list',
        body: 'The chat server does not serve this page: its owner has to add the address.',
      }
    case 'unsupported-version':
      return { title: 'This page is out of date', body: 'Reload it to get the current version.' }
    case 'unknown-site':
      return {
        title: 'This site is not known',
        body: 'The chat server does not know the site this page names: its owner has to set it up.',
      }
    case 'token-required':
    case 'token-invalid':
    case 'token-wrong-site':
      return {
        title: 'This page may not let you in',
        body: 'Sign in on this site first. If you have, its owner has to look into it.',
      }
    case 'token-timeout':
      return {
        title: 'This page did not sign you in',
        body: 'It gave no token in time. Try again; if that does not help, its owner has to look into it.',
      }
    case 'token-expired':
      return { title: 'You have been signed out', body: 'Reload this page to go on.' }
    case 'not-permitted':
      return { title: 'This is not offered here', body: 'The site does not allow it.' }
    case 'banned':
      return { title: 'You have been shut out', body: 'The operator does not let you in for now.' }
    case 'refused':
      return { title: 'That was not let through', body: 'The operator does not allow it.' }
    case 'session-taken':
      return { title: 'You went on elsewhere', body: 'This chat is open in another place now.' }
    case 'idle-timeout':
      return { title: 'Still there?', body: 'You were away for a while. Start again any time.' }
    case 'call-failed':
      return { title: 'No connection was possible', body: 'Looking for someone else.' }
    case 'webrtc-unavailable':
      return { title: 'Calls are switched off here', body: 'WebRTC is disabled in this browser.' }
    case 'relay-unavailable':
      return {
        title: 'Your address could not be hidden',
        body: 'This server has no relay (TURN), which this page asks for. Nobody was called.',
      }
    case 'invalid-options':
      return { title: 'Something is set up wrong', body: error.message }
    default:
      return { title: 'Something went wrong', body: error.message }
  }
}

/** Whether going on with the microphone alone could help. */
export function offersAudioOnly({ code, devices }: BuddyError): boolean {
  switch (code) {
    case 'permission-denied':
    case 'device-busy':
    case 'overconstrained':
    case 'media-failed':
      return devices.includes('camera')
    case 'device-not-found':
    case 'blocked-by-policy':
      // Where the microphone is known to be the matter too, there is nothing to go on with.
      return devices.length === 1 && devices[0] === 'camera'
    default:
      return false
  }
}
