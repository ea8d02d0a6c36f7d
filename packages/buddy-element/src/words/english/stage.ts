import type { CallEndReason, Quality } from '@buddy-chat/client'

/** The search for a partner and the call. */
export const stage = {
  next: 'Next',
  stop: 'Stop',
  you: 'You',
  ownName: '{name} (You)',
  /** The name that is shown for a partner who has no visible name. */
  stranger: 'Stranger',
  /** The label of a button, and the key that does the same. */
  withKey: '{label} ({key})',
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
  changesWaiting: 'Changed settings count from the next start.',
  cameraOff: '{partner}’s camera is off',
  cameraOn: '{partner}’s camera is on',
  muted: '{partner} is muted',
  unmuted: '{partner} is no longer muted',
  play: 'Tap to see and hear',
  playHint: 'Your browser paused {partner}’s video.',
  /** How the last call ended, shown while the client looks for the next partner. */
  callEnded: {
    'partner-next': '{partner} moved on.',
    'partner-left': '{partner} left.',
    'partner-lost': '{partner} lost the connection.',
    'call-failed': 'No connection to {partner} was possible.',
    'server-lost': 'The call with {partner} was interrupted.',
  } satisfies Record<Exclude<CallEndReason, 'next' | 'report' | 'block' | 'stop'>, string>,
  tryNow: 'Try now',
  retryIn: 'Trying again in {seconds} s',
  retryNow: 'Trying again now…',
} as const
