import type { Clock } from '../../clock.ts'
import type { Post, PostResponse } from './post-by-fetch.ts'
import { failureReason } from './post-by-fetch.ts'
import { webhookHeaders } from './headers.ts'
import type { WebhookHealth } from './health.ts'
import type { Delivery, Message } from './queue.ts'
import { WebhookQueue } from './queue.ts'
import type { RetryPolicy } from './retry.ts'
import { isRetryable, retryDelayMs } from './retry.ts'

/**
 * The outcome of an event. `failed`: the receiver refused it, or all attempts failed. `dropped`: the queue
 * was full, or the server stopped.
 */
export type WebhookOutcome = 'delivered' | 'failed' | 'dropped'

/** Options of a {@link WebhookLane}. */
export interface WebhookLaneOptions extends RetryPolicy {
  readonly url: string
  readonly secret: string
  readonly version: string
  readonly clock: Clock
  readonly now: () => number
  readonly post: Post
  readonly timeoutMs: number
  readonly maxQueued: number
  readonly concurrency: number
  /** The health of the receiver, shared by all lanes. */
  readonly health: WebhookHealth
  readonly onEnd: (delivery: Delivery, outcome: WebhookOutcome) => void
  /** Called when no event is queued or in progress any more. */
  readonly onEmpty: () => void
}

/**
 * Delivers some kinds of events. Each lane has its own queue and its own maximum number of concurrent
 * requests, so that events of one lane neither delay nor displace those of another. Events are sent for the
 * first time in the order in which they were added.
 */
export class WebhookLane {
  readonly #options: WebhookLaneOptions
  readonly #queue = new WebhookQueue()
  #isDraining = false

  constructor(options: WebhookLaneOptions) {
    this.#options = options
  }

  /** The number of queued events, without those whose request is in progress. */
  get queued(): number {
    return this.#queue.queued
  }

  /** The number of events whose request is in progress. */
  get underWay(): number {
    return this.#queue.underWay
  }

  /** Queues an event. If the queue is full, drops the oldest queued event. */
  add(message: Message): void {
    this.#queue.add(message)
    this.#startAttempts()
    this.#dropExcess()
  }

  /** For shutdown: sends each queued event at once, and retries none that fails. */
  drain(): void {
    this.#isDraining = true
    this.#queue.wakeAll()
    this.#startAttempts()
  }

  /** Drops the queued events. Events whose request is in progress may still be delivered. */
  dropQueued(): void {
    while (this.#dropOldest());
  }

  #startAttempts(): void {
    while (this.#queue.underWay < this.#options.concurrency) {
      const delivery = this.#queue.take()
      if (!delivery) return
      void this.#attempt(delivery)
    }
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const response = await this.#post(delivery)
    this.#handleResponse(delivery, response)
    this.#startAttempts()
    this.#dropExcess()
    if (this.#queue.size === 0) this.#options.onEmpty()
  }

  /** Resolves with the response, or with the reason why there is none. */
  async #post(delivery: Delivery): Promise<PostResponse | string> {
    const { url, post, timeoutMs } = this.#options
    const headers = webhookHeaders(delivery, this.#options)
    try {
      return await post(url, { headers, body: delivery.body, timeoutMs })
    } catch (error) {
      return failureReason(error)
    }
  }

  #handleResponse(delivery: Delivery, response: PostResponse | string): void {
    const { attempts, clock, health } = this.#options
    const status = typeof response === 'string' ? undefined : response.status
    if (status !== undefined && status >= 200 && status < 300) {
      health.handleDelivered()
      return this.#end(delivery, 'delivered')
    }
    health.handleFailure(typeof response === 'string' ? response : `status ${response.status}`)
    if (!isRetryable(status) || this.#isDraining || delivery.attempt >= attempts) {
      return this.#end(delivery, 'failed')
    }
    const retryAfterMs = typeof response === 'string' ? undefined : response.retryAfterMs
    const delayMs = retryDelayMs(this.#options, delivery.attempt, retryAfterMs)
    const cancel = clock.after(delayMs, () => {
      this.#queue.wake(delivery)
      this.#startAttempts()
    })
    this.#queue.wait(delivery, cancel)
  }

  #dropExcess(): void {
    while (this.#queue.queued > this.#options.maxQueued) {
      this.#options.health.handleFailure('queue full')
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
    this.#options.onEnd(delivery, outcome)
  }
}
