import type { MessageType } from '@buddy-chat/protocol'
import { messages } from '@buddy-chat/protocol'
import { type Rate, TokenBucket } from './token-bucket.ts'
import {
  controlFrameRate,
  droppedRate,
  otherRate,
  rates,
  relayedBytesRate,
  searchRateOfNew,
} from './frame-rates.ts'

/** All rates. The key is the message type, or a group of frames, that a rate limits. */
const limits = {
  ...rates,
  other: otherRate,
  relayedBytes: relayedBytesRate,
  dropped: droppedRate,
  control: controlFrameRate,
  searchOfNew: searchRateOfNew,
} as const satisfies Record<string, Rate>

type Limit = keyof typeof limits

/**
 * The decision about a frame. `pass`: the server handles the frame. `drop`: it ignores the frame and, if
 * there is `retryAfterMs`, reports that to the client. `cut`: it closes the connection.
 */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop'; readonly retryAfterMs?: number }
  | { readonly kind: 'cut' }

const pass: Verdict = { kind: 'pass' }
const cut: Verdict = { kind: 'cut' }

const limitOf = (type: MessageType | undefined): Limit =>
  type !== undefined && type in rates ? (type as keyof typeof rates) : 'other'

const isSearch = (type: MessageType | undefined): boolean => type === 'next' || type === 'ticket'

/** The minimum time between two reports of dropped frames of one type. */
const reportIntervalMs = 1000

/**
 * Limits the frames of one session, or of one connection that has no session yet, to the rates in
 * `frame-rates.ts`.
 */
export class FrameLimits {
  /** The buckets, which are created when they are first used, because most sessions use only a few. */
  readonly #buckets: Partial<Record<Limit, TokenBucket>> = {}
  #reportedAtMs: Map<MessageType | undefined, number> | undefined
  readonly #isNewUntilMs: number

  /** @param isNewUntilMs until when the rates of new people apply; by default they do not */
  constructor(isNewUntilMs = -Infinity) {
    this.#isNewUntilMs = isNewUntilMs
  }

  /**
   * Decides about a frame of `byteLength` bytes. `type` is undefined if this server does not know it.
   */
  judge(type: MessageType | undefined, byteLength: number, nowMs: number): Verdict {
    const isRelayed = type !== undefined && messages[type].direction === 'partner'
    const retryAfterMs =
      this.#take(limitOf(type), nowMs) ||
      (isRelayed ? this.#take('relayedBytes', nowMs, byteLength) : 0) ||
      (isSearch(type) && nowMs < this.#isNewUntilMs ? this.#take('searchOfNew', nowMs) : 0)
    if (retryAfterMs === 0) return pass
    if (this.#take('dropped', nowMs) > 0) return cut
    // A `leave` is never dropped, because a user must always be able to leave.
    if (type === 'leave') return pass
    return this.#isReportDue(type, nowMs) ? { kind: 'drop', retryAfterMs } : { kind: 'drop' }
  }

  /**
   * Counts a WebSocket ping, or a pong that answers no ping. Returns false if the connection must be closed.
   */
  allowsControlFrame(nowMs: number): boolean {
    return this.#take('control', nowMs) === 0
  }

  #take(limit: Limit, nowMs: number, cost = 1): number {
    this.#buckets[limit] ??= new TokenBucket(limits[limit], nowMs)
    return this.#buckets[limit].take(nowMs, cost)
  }

  /**
   * Returns whether a dropped frame is reported to the client. For `next` and `ticket` it always is, because
   * the client waits for an answer.
   */
  #isReportDue(type: MessageType | undefined, nowMs: number): boolean {
    if (isSearch(type)) return true
    this.#reportedAtMs ??= new Map()
    if (nowMs - (this.#reportedAtMs.get(type) ?? -Infinity) < reportIntervalMs) return false
    this.#reportedAtMs.set(type, nowMs)
    return true
  }
}
