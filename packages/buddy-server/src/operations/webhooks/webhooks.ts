import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Log } from '../log/create-log.ts'
import type { Post } from './post-by-fetch.ts'
import { postByFetch, reasonOf } from './post-by-fetch.ts'
import type { WebhookEvent } from '../../config/webhook-events.ts'
import { webhookEvents } from '../../config/webhook-events.ts'
import { WebhookHealth } from './health.ts'
import type { WebhookOutcome } from './lane.ts'
import { WebhookLane } from './lane.ts'
import type { RetryPolicy } from './retry.ts'

/** Events by outcome since the start, and those that wait now, without those under way. */
export type WebhookStats = Readonly<Record<WebhookOutcome | 'queued', number>>

/** What {@link Webhooks} needs. */
export interface WebhooksOptions extends Partial<RetryPolicy> {
  /** Of the receiver, `http:` or `https:`, without a user name or password. */
  readonly url: string
  /** Signs every request; not empty. */
  readonly secret: string
  /** For `User-Agent`. */
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** Others are not sent. @default all */
  readonly events?: readonly WebhookEvent[]
  /** @default postByFetch */
  readonly post?: Post
  /** The time of day, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number
  /** Of one lane: with more waiting, the oldest is dropped. @default 1000 */
  readonly maxQueued?: number
  /** Requests of one lane at a time. @default 4 */
  readonly concurrency?: number
  /** An attempt without an answer by then has failed. @default 10_000 */
  readonly timeoutMs?: number
  /** Told once for each event that is to be sent. Must not throw. */
  readonly onOutcome?: (outcome: WebhookOutcome, event: WebhookEvent) => void
}

const defaults = {
  events: webhookEvents,
  post: postByFetch,
  now: Date.now,
  random: Math.random,
  maxQueued: 1000,
  concurrency: 4,
  timeoutMs: 10_000,
  attempts: 6,
  baseDelayMs: 1000,
  maxDelayMs: 60_000,
  onOutcome: () => undefined,
} satisfies Partial<WebhooksOptions>

/**
 * Events of one list share a queue, and those of another never wait behind them. People cause matches
 * and leaves, as many as they like; reports are rarer and matter more; only the operator causes
 * bans.
 */
const lanes: readonly (readonly WebhookEvent[])[] = [
  ['ban', 'capacity'],
  ['report'],
  ['match', 'leave'],
]

/**
 * Tells a receiver of the operator's what happens here, never at the cost of what it tells about:
 * `send` only puts an event into a bounded queue. One that cannot be delivered is tried again with
 * growing delays, and counted when it is given up. An event may arrive twice, and after a later one.
 */
export class Webhooks {
  readonly #options: Required<WebhooksOptions>
  readonly #lanes = new Set<WebhookLane>()
  /** The lane of each event that is to be sent. */
  readonly #laneOf = new Map<WebhookEvent, WebhookLane>()
  readonly #health: WebhookHealth
  readonly #counts: Record<WebhookOutcome, number> = { delivered: 0, failed: 0, dropped: 0 }
  #drained: Promise<void> | undefined
  #isClosed = false
  #onceEmpty: (() => void) | undefined

  /** @throws TypeError where `url` is none; Error where the secret is empty */
  constructor(options: WebhooksOptions) {
    this.#options = { ...defaults, ...options }
    const { events, url, secret, clock, log } = this.#options
    if (secret === '') throw new Error('webhooks without a secret could come from anybody')
    this.#health = new WebhookHealth({ clock, log, origin: new URL(url).origin })
    for (const eventsOfLane of lanes) {
      const lane = new WebhookLane({
        ...this.#options,
        health: this.#health,
        onEnd: ({ event }, outcome) => this.#count(event, outcome),
        onEmpty: () => {
          if (this.#sum('queued') + this.#sum('underWay') === 0) this.#onceEmpty?.()
        },
      })
      this.#lanes.add(lane)
      for (const event of eventsOfLane) if (events.includes(event)) this.#laneOf.set(event, lane)
    }
  }

  get stats(): WebhookStats {
    return { ...this.#counts, queued: this.#sum('queued') }
  }

  /** Queues an event, with `data` (which JSON can hold) as it is now. Never blocks, never throws. */
  send(event: WebhookEvent, data: object): void {
    const lane = this.#laneOf.get(event)
    if (!lane) return
    if (this.#isClosed) return this.#count(event, 'dropped')
    const id = randomUUID()
    let body: string
    try {
      const at = new Date(this.#options.now()).toISOString()
      body = JSON.stringify({ id, event, at, data })
    } catch (error) {
      this.#health.handleFailure(reasonOf(error))
      return this.#count(event, 'failed')
    }
    lane.add({ id, event, body })
  }

  /**
   * For shutdown: sends what is queued, each at most once more, and resolves when nothing is left or
   * the time is over; then what is left is dropped, and so is every later event. A second call
   * changes nothing.
   */
  drain(timeoutMs: number): Promise<void> {
    if (!this.#drained) {
      this.#drained = this.#untilEmpty(timeoutMs).then(() => this.#close())
      for (const lane of this.#lanes) lane.drain()
    }
    return this.#drained
  }

  #untilEmpty(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#sum('queued') + this.#sum('underWay') === 0) return resolve()
      const cancel = this.#options.clock.after(timeoutMs, resolve)
      this.#onceEmpty = () => {
        cancel()
        resolve()
      }
    })
  }

  #close(): void {
    this.#isClosed = true
    this.#health.stop()
    const [queued, underWay] = [this.#sum('queued'), this.#sum('underWay')]
    if (queued + underWay > 0) {
      this.#options.log.warn({ queued, underWay }, 'webhooks were not delivered in time')
    }
    for (const lane of this.#lanes) lane.dropQueued()
  }

  #sum(figure: 'queued' | 'underWay'): number {
    return [...this.#lanes].reduce((sum, lane) => sum + lane[figure], 0)
  }

  #count(event: WebhookEvent, outcome: WebhookOutcome): void {
    this.#counts[outcome]++
    this.#options.onOutcome(outcome, event)
  }
}
