import type { Cancel } from '../../clock.ts'
import type { WebhookEvent } from '../../config/webhook-events.ts'

/** An event as it is sent. */
export interface Message {
  /** The same over retries. */
  readonly id: string
  readonly event: WebhookEvent
  readonly body: string
}

/** A message without an outcome yet: ready to be sent, under way, or waiting for its next attempt. */
export interface Delivery extends Message {
  /** Attempts that have begun. */
  readonly attempt: number
}

interface Entry extends Delivery {
  attempt: number
  isUnderWay: boolean
  cancelRetry: Cancel | undefined
}

/**
 * All deliveries of a lane, each in one of its three states. Every step costs the same however
 * many there are, but for `wakeAll`.
 */
export class WebhookQueue {
  /** By age. */
  readonly #all = new Set<Entry>()
  /** The ones that are ready, the next one first. */
  readonly #ready = new Set<Entry>()
  #underWay = 0

  /** All without an outcome. */
  get size(): number {
    return this.#all.size
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Ready or waiting. */
  get queued(): number {
    return this.#all.size - this.#underWay
  }

  /** Puts a new message, ready, behind the others. */
  add(message: Message): void {
    const entry: Entry = { ...message, attempt: 0, isUnderWay: false, cancelRetry: undefined }
    this.#all.add(entry)
    this.#ready.add(entry)
  }

  /** The first that is ready; its next attempt begins. */
  take(): Delivery | undefined {
    const [entry] = this.#ready
    if (!entry) return undefined
    this.#leave(entry)
    entry.isUnderWay = true
    this.#underWay++
    entry.attempt++
    return entry
  }

  /** An attempt failed: `delivery` waits until `wake`. `cancel` ends what would call it. */
  wait(delivery: Delivery, cancel: Cancel): void {
    const entry = delivery as Entry
    this.#leave(entry)
    entry.cancelRetry = cancel
  }

  /** What waits is ready, behind the others: it has had its turn. */
  wake(delivery: Delivery): void {
    const entry = delivery as Entry
    this.#leave(entry)
    this.#ready.add(entry)
  }

  /** Whatever waits is ready. */
  wakeAll(): void {
    for (const entry of this.#all) if (entry.cancelRetry) this.wake(entry)
  }

  /** The oldest that is not under way. */
  get oldestQueued(): Delivery | undefined {
    // Passes over no more than may be under way.
    for (const entry of this.#all) if (!entry.isUnderWay) return entry
    return undefined
  }

  /** It has its outcome. */
  remove(delivery: Delivery): void {
    const entry = delivery as Entry
    this.#leave(entry)
    this.#all.delete(entry)
  }

  /** Ends the state it is in. */
  #leave(entry: Entry): void {
    if (entry.isUnderWay) this.#underWay--
    entry.isUnderWay = false
    this.#ready.delete(entry)
    entry.cancelRetry?.()
    entry.cancelRetry = undefined
  }
}
