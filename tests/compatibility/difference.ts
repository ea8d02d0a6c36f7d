import { messages, msgpack } from '@buddy-chat/protocol'

/**
 * The positions in a frame, by message number, whose values differ from conversation to conversation. There,
 * only the kinds of the values are compared.
 */
const varying: Readonly<Record<number, readonly number[]>> = {
  // session, iceServers (credentials), resumeToken
  [messages.welcome.number]: [1, 4, 5],
  // online
  [messages.waiting.number]: [1],
  // room, isPolite, roomToken
  [messages.matched.number]: [1, 2, 6],
  [messages.stats.number]: [1, 2, 3],
  // message, retryAfterMs
  [messages.error.number]: [2, 3],
  [messages['going-away'].number]: [1],
  [messages['ice-servers'].number]: [1],
}

function kindOf(value: unknown): string {
  if (value === null) return 'nil'
  return Array.isArray(value) ? 'array' : typeof value
}

/**
 * Returns how a frame differs from a recorded one, for a client of the recorded version; undefined if it does
 * not. Fields after the recorded ones are no difference.
 * @param onReplaced called with each text that has another value in its place, such as a token
 */
export function differenceOf(
  recorded: Uint8Array,
  present: Uint8Array,
  onReplaced: (recorded: string, present: string) => void,
): string | undefined {
  const compare = (
    then: unknown,
    now: unknown,
    path: string,
    mayVary: boolean,
  ): string | undefined => {
    if (kindOf(then) !== kindOf(now)) return `${path} is ${kindOf(now)}, not ${kindOf(then)}`
    if (Array.isArray(then) && Array.isArray(now)) {
      if (now.length < then.length) return `${path} has ${now.length} values, not ${then.length}`
      for (const [index, item] of then.entries()) {
        const difference = compare(item, now[index], `${path}[${index}]`, mayVary)
        if (difference !== undefined) return difference
      }
      return undefined
    }
    if (then === now) return undefined
    if (!mayVary) return `${path} is ${JSON.stringify(now)}, not ${JSON.stringify(then)}`
    if (typeof then === 'string' && typeof now === 'string') onReplaced(then, now)
    return undefined
  }
  const [then, now] = [msgpack.unpack(recorded), msgpack.unpack(present)]
  if (now.length < then.length) return `the frame has ${now.length} values, not ${then.length}`
  for (const [index, value] of then.entries()) {
    const mayVary = varying[then[0] as number]?.includes(index) ?? false
    const difference = compare(value, now[index], `value ${index}`, mayVary)
    if (difference !== undefined) return difference
  }
  return undefined
}
