import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Log } from '../log/create-log.ts'
import type { Post } from './post-by-fetch.ts'
import { failureReason, postByFetch } from './post-by-fetch.ts'
import type { WebhookEvent } from '../../config/webhook-events.ts'
import { webhookEvents } from '../../config/webhook-events.ts'
import { WebhookHealth } from './health.ts'
import type { WebhookOutcome } from './lane.ts'
import { WebhookLane } from './lane.ts'
import type { RetryPolicy } from './retry.ts'
import { defaultRetries } from './retry.ts'

/**
 * The numbers of events by outcome since the start, and the number of events that are queued now. Events
 * whose request is in progress are not counted.
 */
export type WebhookStats = Readonly<Record<WebhookOutcome | 'queued', number>>

/** Options of {@link Webhooks}. */
export interface WebhooksOptions extends Partial<RetryPolicy> {
  /** The receiver's URL: `http:` or `https:`, without a user name or password. */
  readonly url: string
  /** The secret that signs every request. Not empty. */
  readonly secret: string
  /** The server's version, for `User-Agent`. */
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** The events to send. @default all */
  readonly events?: readonly WebhookEvent[]
  /** @default postByFetch */
  readonly post?: Post
  /** Returns the milliseconds since 1970. @default Date.now */
  readonly now?: () => number
  /** How many events each lane queues at most. If there are more, the oldest one is dropped. @default 1000 */
  readonly maxQueued?: number
  /** How many requests each lane makes concurrently. @default 4 */
  readonly concurrency?: number
  /** An attempt without a response after this time has failed. @default 10_000 */
  readonly timeoutMs?: number
  /** Called once for each event, with its outcome. Must not throw. */
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
  ...defaultRetries,
  onOutcome: () => undefined,
} satisfies Partial<WebhooksOptions>

/**
 * Each list of events has a lane of its own, so that its events never wait behind those of another list.
 * Users can cause any number of matches and leaves. Reports are rarer and more important. Only the operator
 * and the rules cause bans and decisions.
 */
const lanes: readonly (readonly WebhookEvent[])[] = [
  ['ban', 'decision', 'capacity'],
  ['report'],
  ['match', 'leave'],
]

/**
 * Sends events to the operator's receiver by HTTP POST. `send` only adds an event to a bounded queue, so that
 * webhooks never delay the server. If an event cannot be delivered, it is retried with growing delays. The
 * outcome of each event is counted. An event may arrive twice, or after a later event.
 */
export class Webhooks {
  readonly #options: Required<WebhooksOptions>
  readonly #lanes = new Set<WebhookLane>()
  /** The lane of each event that the operator has chosen. */
  readonly #laneOf = new Map<WebhookEvent, WebhookLane>()
  readonly #health: WebhookHealth
  readonly #counts: Record<WebhookOutcome, number> = { delivered: 0, failed: 0, dropped: 0 }
  #drained: Promise<void> | undefined
  #isClosed = false
  #onceEmpty: (() => void) | undefined

  /** @throws TypeError if `url` is not a valid URL; Error if `secret` is empty */
  constructor(options: WebhooksOptions) {
    this.#options = { ...defaults, ...options }
    const { events, url, secret, clock, log } = this.#options
    if (secret === '')
      throw new Error('webhooks need a secret, with which the receiver verifies the sender')
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

  /**
   * Queues an event with the present content of `data`, which must be serialisable as JSON. Never
   * throws.
   */
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
      this.#health.handleFailure(failureReason(error))
      return this.#count(event, 'failed')
    }
    lane.add({ id, event, body })
  }

  /**
   * For shutdown: attempts each queued event at most once more. Resolves when no event is left, or after
   * `timeoutMs`. After the timeout, drops the remaining events and all later ones. A second call returns the
   * same promise.
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
