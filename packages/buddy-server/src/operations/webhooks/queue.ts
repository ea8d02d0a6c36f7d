import type { Cancel } from '../../clock.ts'
import type { WebhookEvent } from '../../config/webhook-events.ts'

/** An event in the form in which it is sent. */
export interface Message {
  /** The id of the delivery, which is the same in all attempts. */
  readonly id: string
  readonly event: WebhookEvent
  readonly body: string
}

/**
 * A message that has no outcome yet. It is ready to be sent, in progress, or waiting for its next attempt.
 */
export interface Delivery extends Message {
  /** How many attempts have begun. */
  readonly attempt: number
}

interface Entry extends Delivery {
  attempt: number
  isUnderWay: boolean
  cancelRetry: Cancel | undefined
}

/**
 * The deliveries of a lane. Each is in one of three states: ready, in progress, or waiting for its next
 * attempt.
 */
export class WebhookQueue {
  /** All deliveries, the oldest first. */
  readonly #all = new Set<Entry>()
  /** The ready deliveries, in the order in which they are sent. */
  readonly #ready = new Set<Entry>()
  #underWay = 0

  /** The number of deliveries in all states. */
  get size(): number {
    return this.#all.size
  }

  get underWay(): number {
    return this.#underWay
  }

  /** The number of deliveries that are ready or waiting. */
  get queued(): number {
    return this.#all.size - this.#underWay
  }

  /** Adds a message as the last of the ready deliveries. */
  add(message: Message): void {
    const entry: Entry = { ...message, attempt: 0, isUnderWay: false, cancelRetry: undefined }
    this.#all.add(entry)
    this.#ready.add(entry)
  }

  /**
   * Begins the next attempt of the first ready delivery and returns it. Returns undefined if none is ready.
   */
  take(): Delivery | undefined {
    const [entry] = this.#ready
    if (!entry) return undefined
    this.#leave(entry)
    entry.isUnderWay = true
    this.#underWay++
    entry.attempt++
    return entry
  }

  /**
   * Makes `delivery` wait after a failed attempt until `wake` is called. `cancel` cancels the timer
   * that calls `wake`.
   */
  wait(delivery: Delivery, cancel: Cancel): void {
    const entry = delivery as Entry
    this.#leave(entry)
    entry.cancelRetry = cancel
  }

  /** Makes a waiting delivery the last of the ready ones. */
  wake(delivery: Delivery): void {
    const entry = delivery as Entry
    this.#leave(entry)
    this.#ready.add(entry)
  }

  /** Makes all waiting deliveries ready. */
  wakeAll(): void {
    for (const entry of this.#all) if (entry.cancelRetry) this.wake(entry)
  }

  /** The oldest delivery that is not in progress. */
  get oldestQueued(): Delivery | undefined {
    // The loop skips only the deliveries in progress, which are few.
    for (const entry of this.#all) if (!entry.isUnderWay) return entry
    return undefined
  }

  /** Removes a delivery, which now has its outcome. */
  remove(delivery: Delivery): void {
    const entry = delivery as Entry
    this.#leave(entry)
    this.#all.delete(entry)
  }

  /** Removes an entry from its present state. */
  #leave(entry: Entry): void {
    if (entry.isUnderWay) this.#underWay--
    entry.isUnderWay = false
    this.#ready.delete(entry)
    entry.cancelRetry?.()
    entry.cancelRetry = undefined
  }
}
