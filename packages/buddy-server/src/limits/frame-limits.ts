import type { MessageType } from '@buddy-chat/protocol'
import { messages } from '@buddy-chat/protocol'
import { type Rate, TokenBucket } from './token-bucket.ts'
import { controlFrameRate, droppedRate, otherRate, rates, relayedBytesRate } from './frame-rates.ts'

/** What an allowance is for: a type of message, all other types together, or all frames. */
const limits = {
  ...rates,
  other: otherRate,
  relayedBytes: relayedBytesRate,
  dropped: droppedRate,
  control: controlFrameRate,
} as const satisfies Record<string, Rate>

type Limit = keyof typeof limits

/** What becomes of a frame. `retryAfterMs` is there where the client is to be told. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop'; readonly retryAfterMs?: number }
  | { readonly kind: 'cut' }

const pass: Verdict = { kind: 'pass' }
const cut: Verdict = { kind: 'cut' }

const limitOf = (type: MessageType | undefined): Limit =>
  type !== undefined && type in rates ? (type as keyof typeof rates) : 'other'

/** How often a drop is told, for each type. */
const tellEveryMs = 1000

/** One connection's allowances, as `frame-rates.ts` has them. */
export class FrameLimits {
  /** Made when they are first needed: most sessions use few of them. */
  readonly #buckets: Partial<Record<Limit, TokenBucket>> = {}
  #toldAtMs: Map<MessageType | undefined, number> | undefined

  /** Judges a frame of `byteLength` bytes; undefined is a type this server does not know. */
  judge(type: MessageType | undefined, byteLength: number, nowMs: number): Verdict {
    const isRelayed = type !== undefined && messages[type].direction === 'partner'
    const retryAfterMs =
      this.#take(limitOf(type), nowMs) ||
      (isRelayed ? this.#take('relayedBytes', nowMs, byteLength) : 0)
    if (retryAfterMs === 0) return pass
    if (this.#take('dropped', nowMs) > 0) return cut
    // Whoever wants to leave is let go, however often they say so.
    if (type === 'leave') return pass
    return this.#isDueToTell(type, nowMs) ? { kind: 'drop', retryAfterMs } : { kind: 'drop' }
  }

  /** Counts a WebSocket ping, or a pong that answers none; false ends the connection. */
  allowsControlFrame(nowMs: number): boolean {
    return this.#take('control', nowMs) === 0
  }

  #take(limit: Limit, nowMs: number, cost = 1): number {
    this.#buckets[limit] ??= new TokenBucket(limits[limit], nowMs)
    return this.#buckets[limit].take(nowMs, cost)
  }

  /** Who asks for a partner waits for the answer, so each of those is answered. */
  #isDueToTell(type: MessageType | undefined, nowMs: number): boolean {
    if (type === 'next' || type === 'ticket') return true
    this.#toldAtMs ??= new Map()
    if (nowMs - (this.#toldAtMs.get(type) ?? -Infinity) < tellEveryMs) return false
    this.#toldAtMs.set(type, nowMs)
    return true
  }
}
