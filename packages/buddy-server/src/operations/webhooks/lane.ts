import type { Clock } from '../../clock.ts'
import type { Post, PostResponse } from './post-by-fetch.ts'
import { reasonOf } from './post-by-fetch.ts'
import { webhookHeaders } from './headers.ts'
import type { WebhookHealth } from './health.ts'
import type { Delivery, Message } from './queue.ts'
import { WebhookQueue } from './queue.ts'
import type { RetryPolicy } from './retry.ts'
import { mayPass, retryDelayMs } from './retry.ts'

/** How an event ended: it arrived, was refused or given up, or was dropped for want of room or time. */
export type WebhookOutcome = 'delivered' | 'failed' | 'dropped'

/** What a {@link WebhookLane} needs. */
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
  /** Of the receiver, whatever the lane. */
  readonly health: WebhookHealth
  readonly onEnd: (delivery: Delivery, outcome: WebhookOutcome) => void
  /** Nothing is queued or under way any more. */
  readonly onEmpty: () => void
}

/**
 * Delivers events in a queue and by requests of its own: what another lane has to deliver neither
 * delays these events nor drops any of them. They are first attempted in their order.
 */
export class WebhookLane {
  readonly #options: WebhookLaneOptions
  readonly #queue = new WebhookQueue()
  #isDraining = false

  constructor(options: WebhookLaneOptions) {
    this.#options = options
  }

  /** Events that wait, without those under way. */
  get queued(): number {
    return this.#queue.queued
  }

  /** Events that are being sent just now. */
  get underWay(): number {
    return this.#queue.underWay
  }

  /** Queues an event; above the bound the oldest is dropped. */
  add(message: Message): void {
    this.#queue.add(message)
    this.#startWhatCan()
    this.#dropWhatIsTooMuch()
  }

  /** From now on nothing waits for another attempt: what is queued gets one more at most. */
  drain(): void {
    this.#isDraining = true
    this.#queue.wakeAll()
    this.#startWhatCan()
  }

  /** Drops what is queued. What is under way may still arrive. */
  dropQueued(): void {
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
    if (this.#queue.size === 0) this.#options.onEmpty()
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
    const { attempts, clock, health } = this.#options
    const status = typeof answer === 'string' ? undefined : answer.status
    if (status !== undefined && status >= 200 && status < 300) {
      health.handleDelivered()
      return this.#end(delivery, 'delivered')
    }
    health.handleFailure(typeof answer === 'string' ? answer : `status ${answer.status}`)
    if (!mayPass(status) || this.#isDraining || delivery.attempt >= attempts) {
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
