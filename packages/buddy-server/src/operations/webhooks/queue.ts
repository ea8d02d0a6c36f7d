import type { Cancel } from '../../clock.ts'
import type { ListNode } from './linked-list.ts'
import { LinkedList } from './linked-list.ts'
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
  /** Its place among all. */
  node: ListNode<Entry> | undefined
  /** Its place among those that are ready. */
  readyNode: ListNode<Entry> | undefined
  cancelRetry: Cancel | undefined
}

/**
 * All deliveries of a lane, each in one of its three states. Every step costs the same however
 * many there are, but for `wakeAll`.
 */
export class WebhookQueue {
  /** By age. */
  readonly #all = new LinkedList<Entry>()
  readonly #ready = new LinkedList<Entry>()
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
    const entry: Entry = {
      ...message,
      attempt: 0,
      isUnderWay: false,
      node: undefined,
      readyNode: undefined,
      cancelRetry: undefined,
    }
    entry.node = this.#all.append(entry)
    entry.readyNode = this.#ready.append(entry)
  }

  /** The first that is ready; its next attempt begins. */
  take(): Delivery | undefined {
    const entry = this.#ready.first?.value
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
    entry.readyNode = this.#ready.append(entry)
  }

  /** Whatever waits is ready. */
  wakeAll(): void {
    for (let node = this.#all.first; node; node = node.next) {
      if (node.value.cancelRetry) this.wake(node.value)
    }
  }

  /** The oldest that is not under way. */
  get oldestQueued(): Delivery | undefined {
    let node = this.#all.first
    // Passes over no more than may be under way.
    while (node?.value.isUnderWay) node = node.next
    return node?.value
  }

  /** It has its outcome. */
  remove(delivery: Delivery): void {
    const entry = delivery as Entry
    this.#leave(entry)
    if (entry.node) this.#all.remove(entry.node)
    entry.node = undefined
  }

  /** Ends the state it is in. */
  #leave(entry: Entry): void {
    if (entry.isUnderWay) this.#underWay--
    entry.isUnderWay = false
    if (entry.readyNode) this.#ready.remove(entry.readyNode)
    entry.readyNode = undefined
    entry.cancelRetry?.()
    entry.cancelRetry = undefined
  }
}
