import type { MessageType } from '@buddy-chat/protocol'
import { messages } from '@buddy-chat/protocol'
import { TokenBucket } from './rate-limiter.ts'
import { droppedRate, otherRate, rates, relayedBytesRate } from './rates.ts'

type Limited = keyof typeof rates

/** What becomes of a frame. `retryAfterMs` is there where the client is to be told. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop'; readonly retryAfterMs?: number }
  | { readonly kind: 'cut' }

const pass: Verdict = { kind: 'pass' }
const cut: Verdict = { kind: 'cut' }

const isLimited = (type: MessageType | undefined): type is Limited =>
  type !== undefined && type in rates

/** How often a drop is told, for each type. */
const tellEveryMs = 1000

/** One connection's allowances, as `rates.ts` has them. */
export class FrameLimits {
  readonly #buckets = new Map<Limited | undefined, TokenBucket>()
  readonly #toldAtMs = new Map<MessageType | undefined, number>()
  readonly #relayedBytes: TokenBucket
  readonly #dropped: TokenBucket

  constructor(nowMs: number) {
    this.#relayedBytes = new TokenBucket(relayedBytesRate, nowMs)
    this.#dropped = new TokenBucket(droppedRate, nowMs)
  }

  /** Judges a frame of `byteLength` bytes; undefined is a type this server does not know. */
  judge(type: MessageType | undefined, byteLength: number, nowMs: number): Verdict {
    const isRelayed = type !== undefined && messages[type].direction === 'partner'
    const retryAfterMs =
      this.#bucket(type, nowMs).take(nowMs) ||
      (isRelayed ? this.#relayedBytes.take(nowMs, byteLength) : 0)
    if (retryAfterMs === 0) return pass
    if (this.#dropped.take(nowMs) > 0) return cut
    // Whoever wants to leave is let go, however often they say so.
    if (type === 'leave') return pass
    return this.#isDueToTell(type, nowMs) ? { kind: 'drop', retryAfterMs } : { kind: 'drop' }
  }

  #bucket(type: MessageType | undefined, nowMs: number): TokenBucket {
    const key = isLimited(type) ? type : undefined
    let bucket = this.#buckets.get(key)
    if (!bucket) {
      bucket = new TokenBucket(key ? rates[key] : otherRate, nowMs)
      this.#buckets.set(key, bucket)
    }
    return bucket
  }

  /** Who asks for a partner waits for the answer, so each of those is answered. */
  #isDueToTell(type: MessageType | undefined, nowMs: number): boolean {
    if (type === 'next' || type === 'ticket') return true
    if (nowMs - (this.#toldAtMs.get(type) ?? -Infinity) < tellEveryMs) return false
    this.#toldAtMs.set(type, nowMs)
    return true
  }
}
