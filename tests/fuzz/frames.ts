import type { ClientMessage } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { helloOf, ticketFor } from '../load/load-client.ts'
import type { Random } from '../load/random.ts'

/** There are few lobbies, so that users are matched. */
export const lobbies = ['fuzz', 'fuzz', 'fuzz', ''] as const

/** Returns a checksum by which {@link readTag} recognizes a text that a mutation has changed. */
function checksum(text: string): string {
  let sum = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return sum.toString(36)
}

/** Returns a text that holds the name of its author and its number among the author's texts. */
export function tag(author: string, number: number): string {
  const text = `${author}|${number}`
  return `${text}|${checksum(text)}`
}

/** Returns the author and the number of a text made by {@link tag}; undefined if it was changed. */
export function readTag(
  text: string,
): { readonly author: string; readonly number: number } | undefined {
  const [, tagged = '', author = '', number, sum] = /^((.*)\|(\d+))\|(\w+)$/s.exec(text) ?? []
  return checksum(tagged) === sum ? { author, number: Number(number) } : undefined
}

const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
}

/** For each message, how often it is sent relative to the others, and a function that returns one. */
const weights: readonly (readonly [
  number,
  (random: Random, text: () => string) => ClientMessage,
])[] = [
  [
    36,
    (random) => ({
      type: 'signal',
      description: random.chance(0.4)
        ? {
            type: random.pick(['offer', 'answer']),
            sdp: 'v'.repeat(1 + random.below(random.chance(0.05) ? 32_000 : 300)),
          }
        : null,
      candidates: Array.from({ length: random.below(4) }, () => candidate),
      sending: random.chance(0.3) ? { audio: true, video: random.chance(0.5) } : null,
      generation: random.chance(0.1) ? random.below(256) : null,
    }),
  ],
  [20, (_random, text) => ({ type: 'text', text: text() })],
  [10, (random) => ({ type: 'typing', isTyping: random.chance(0.5) })],
  [4, () => ({ type: 'trust' })],
  [3, () => ({ type: 'next', offer: null })],
  [
    8,
    (random) => ({
      ...ticketFor(random.pick(lobbies)),
      mode: random.chance(0.9) ? 'video' : random.pick(['audio', 'text']),
      interests: ['jazz', 'chess', 'film'].slice(random.below(4)),
      languages: random.chance(0.5) ? ['en'] : [],
    }),
  ],
  [1, () => ({ type: 'leave' })],
  [
    3,
    (random) => ({
      type: 'report',
      reason: random.pick(['nudity', 'spam', 'other']),
      room: random.pick([null, '', 'Wq0JkY1b2c3d4e5f']),
    }),
  ],
  [1, () => ({ type: 'ping' })],
  [
    2,
    (random) => ({ type: 'diagnosis', reason: random.pick(['no-path', 'udp-blocked', 'other']) }),
  ],
  [1, () => helloOf('again')],
]

const total = weights.reduce((sum, [weight]) => sum + weight, 0)

/** Returns a random valid frame of a client; `text` returns the content of a text message. */
export function drawFrame(random: Random, text: () => string): Uint8Array {
  let at = random.below(total)
  for (const [weight, draw] of weights) {
    at -= weight
    if (at < 0) return encode(draw(random, text))
  }
  throw new Error('the weights do not add up')
}
