import type { BuddyErrorCode, Device } from '@buddy-chat/client'

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

const tokenRefused = {
  title: 'This page may not let you in',
  body: 'Sign in on this site first. If you have, its owner has to look into it.',
} as const
const unexplained = { title: 'Something went wrong', body: '{message}' } as const

/** The problem screen, and what an error means. */
export const problems = {
  tryAgain: 'Try again',
  audioOnly: 'Continue without camera',
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
    unavailable: {
      title: 'No match is possible right now',
      body: 'The search continues by itself as soon as possible.',
    },
    'guard-failed': unexplained,
    'relay-unavailable': {
      title: 'Your address could not be hidden',
      body: 'This server has no relay (TURN), which this page asks for. No call was made.',
    },
    'invalid-options': { title: 'Something is set up wrong', body: '{message}' },
    'protocol-violation': unexplained,
    'server-error': unexplained,
    'not-in-call': unexplained,
    'proof-required': {
      title: 'One more check',
      body: 'This site checks that you are not a program. Try again.',
    },
    'proof-failed': {
      title: 'A check has failed',
      body: 'This page could not show that you are not a program. Try again.',
    },
    'invalid-text': unexplained,
    'text-filtered': { title: 'That was not sent', body: 'This site does not allow it.' },
    aborted: unexplained,
  } satisfies Record<BuddyErrorCode, ErrorWords>,
} as const
