import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Log } from './log.ts'
import type { Post, PostResponse } from './post-by-fetch.ts'
import { postByFetch, reasonOf } from './post-by-fetch.ts'
import type { WebhookEvent } from './webhook-event.ts'
import { webhookEvents } from './webhook-event.ts'
import { webhookHeaders } from './webhook-headers.ts'
import { WebhookHealth } from './webhook-health.ts'
import type { Delivery } from './webhook-queue.ts'
import { WebhookQueue } from './webhook-queue.ts'
import type { RetryPolicy } from './webhook-retry.ts'
import { mayPass, retryDelayMs } from './webhook-retry.ts'

/** How an event ended: it arrived, was refused or given up, or was dropped for want of room or time. */
export type WebhookOutcome = 'delivered' | 'failed' | 'dropped'

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
  /** With more waiting, the oldest is dropped. @default 1000 */
  readonly maxQueued?: number
  /** Requests at a time. @default 4 */
  readonly concurrency?: number
  /** An attempt without an answer by then has failed. @default 10_000 */
  readonly timeoutMs?: number
  /** Told once for each event that is to be sent. Must not throw. */
  readonly onOutcome?: (outcome: WebhookOutcome) => void
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
 * Tells a receiver of the operator's what happens here, never at the cost of what it tells about:
 * `send` only puts an event into a bounded queue. One that cannot be delivered is tried again with
 * growing delays, and counted when it is given up. An event may arrive twice, and after a later one.
 */
export class Webhooks {
  readonly #options: Required<WebhooksOptions>
  readonly #events: ReadonlySet<WebhookEvent>
  readonly #health: WebhookHealth
  readonly #queue = new WebhookQueue()
  readonly #counts: Record<WebhookOutcome, number> = { delivered: 0, failed: 0, dropped: 0 }
  #drained: Promise<void> | undefined
  #isClosed = false
  #onceEmpty: (() => void) | undefined

  /** @throws TypeError where `url` is none; Error where the secret is empty */
  constructor(options: WebhooksOptions) {
    this.#options = { ...defaults, ...options }
    const { events, url, secret, clock, log } = this.#options
    if (secret === '') throw new Error('webhooks without a secret could come from anybody')
    this.#events = new Set(events)
    this.#health = new WebhookHealth({ clock, log, origin: new URL(url).origin })
  }

  get stats(): WebhookStats {
    return { ...this.#counts, queued: this.#queue.queued }
  }

  /** Queues an event, with `data` (which JSON can hold) as it is now. Never blocks, never throws. */
  send(event: WebhookEvent, data: object): void {
    if (!this.#events.has(event)) return
    if (this.#isClosed) return this.#count('dropped')
    const id = randomUUID()
    try {
      const at = new Date(this.#options.now()).toISOString()
      this.#queue.add({ id, event, body: JSON.stringify({ id, event, at, data }) })
    } catch (error) {
      this.#health.handleFailure(reasonOf(error))
      return this.#count('failed')
    }
    this.#startWhatCan()
    this.#dropWhatIsTooMuch()
  }

  /**
   * For shutdown: sends what is queued, each at most once more, and resolves when nothing is left or
   * the time is over; then what is left is dropped, and so is every later event. A second call
   * changes nothing.
   */
  drain(timeoutMs: number): Promise<void> {
    if (!this.#drained) {
      this.#drained = this.#untilEmpty(timeoutMs).then(() => this.#close())
      this.#queue.wakeAll()
      this.#startWhatCan()
    }
    return this.#drained
  }

  #untilEmpty(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#queue.size === 0) return resolve()
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
    const { queued, underWay } = this.#queue
    if (queued + underWay > 0) {
      this.#options.log.warn({ queued, underWay }, 'webhooks were not delivered in time')
    }
    while (this.#dropOldest());
  }

  #startWhatCan(): void {
    while (this.#queue.underWay < this.#options.concurrency) {
      const delivery = this.#queue.take()
      if (!delivery) return
      void this.#attempt(delivery)
    }
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const answer = await this.#post(delivery)
    this.#handleAnswer(delivery, answer)
    this.#startWhatCan()
    this.#dropWhatIsTooMuch()
    if (this.#queue.size === 0) this.#onceEmpty?.()
  }

  /** Resolves with the answer, or with why there is none. */
  async #post(delivery: Delivery): Promise<PostResponse | string> {
    const { url, post, timeoutMs } = this.#options
    const headers = webhookHeaders(delivery, this.#options)
    try {
      return await post(url, { headers, body: delivery.body, timeoutMs })
    } catch (error) {
      return reasonOf(error)
    }
  }

  #handleAnswer(delivery: Delivery, answer: PostResponse | string): void {
    const status = typeof answer === 'string' ? undefined : answer.status
    if (status !== undefined && status >= 200 && status < 300) {
      this.#health.handleDelivered()
      return this.#end(delivery, 'delivered')
    }
    this.#health.handleFailure(typeof answer === 'string' ? answer : `status ${answer.status}`)
    const { attempts, clock } = this.#options
    if (!mayPass(status) || this.#drained || delivery.attempt >= attempts) {
      return this.#end(delivery, 'failed')
    }
    const retryAfterMs = typeof answer === 'string' ? undefined : answer.retryAfterMs
    const delayMs = retryDelayMs(this.#options, delivery.attempt, retryAfterMs)
    const cancel = clock.after(delayMs, () => {
      this.#queue.wake(delivery)
      this.#startWhatCan()
    })
    this.#queue.wait(delivery, cancel)
  }

  #dropWhatIsTooMuch(): void {
    while (this.#queue.queued > this.#options.maxQueued) {
      this.#health.handleFailure('queue full')
      this.#dropOldest()
    }
  }

  #dropOldest(): boolean {
    const oldest = this.#queue.oldestQueued
    if (oldest) this.#end(oldest, 'dropped')
    return oldest !== undefined
  }

  #end(delivery: Delivery, outcome: WebhookOutcome): void {
    this.#queue.remove(delivery)
    this.#count(outcome)
  }

  #count(outcome: WebhookOutcome): void {
    this.#counts[outcome]++
    this.#options.onOutcome(outcome)
  }
}
