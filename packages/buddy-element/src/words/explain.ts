import type { BuddyError, CallEndReason, Check, CheckCode, DeviceChange } from '@buddy-chat/client'
import { fill } from './fill.ts'
import type { Words } from './words.ts'

interface Explanation {
  readonly title: string
  readonly body: string
}

/** Returns what an error means, and what the visitor can do. */
export function explain({ errors }: Words, error: BuddyError): Explanation {
  // If the client is newer than this element, it may report a code that has no words here.
  const { title, body } = errors[error.code] ?? errors['server-error']
  const { message, devices } = error
  const key = devices.length === 1 && devices[0] ? devices[0] : 'both'
  return {
    title: typeof title === 'string' ? title : title[key],
    body: fill(typeof body === 'string' ? body : body[key], { message }),
  }
}

/**
 * Returns what happened to a device that was replaced, paused or lost, and what follows from it.
 */
export function explainDevice(words: Words, change: DeviceChange): string {
  const { device, status, label, error } = change
  if (status === 'replaced') {
    if (!label) return words.deviceReplacedByUnnamed[device]
    return fill(words.deviceReplaced[device], { label })
  }
  if (status === 'paused') return words.devicePaused[device]
  const isForbidden = error?.code === 'permission-denied'
  return (isForbidden ? words.deviceForbidden : words.deviceLost)[device]
}

/** Returns how the latest call ended; undefined if the visitor ended it. */
export function explainCallEnd(
  words: Words,
  reason: CallEndReason,
  partner: string,
): string | undefined {
  switch (reason) {
    case 'next':
    case 'report':
    case 'block':
    case 'stop':
      return undefined
    default:
      return fill(words.callEnded[reason], { partner })
  }
}

/** Returns what the result of a check means, and what the visitor can do. */
export function explainCheck(words: Words, { name, code, urls }: Check): string {
  const device = name === 'microphone' ? 'microphone' : 'camera'
  if (!hasAdvice(words, code)) {
    return name === 'server' ? fill(words.serverAdvice, { code }) : words.deviceAdvice[device]
  }
  const text = words.advice[code]
  return fill(typeof text === 'string' ? text : text[device], { urls: urls.join(', ') })
}

const hasAdvice = ({ advice }: Words, code: CheckCode): code is keyof Words['advice'] =>
  code in advice
