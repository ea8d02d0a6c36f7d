import type { Cancel, Clock } from '../../clock.ts'
import type { Log } from '../log/create-log.ts'

interface WebhookHealthOptions {
  readonly clock: Clock
  readonly log: Log
  /** Of the receiver: its path may hold a token. */
  readonly origin: string
}

/**
 * So long nothing may fail before webhooks count as working: a receiver that takes one event and
 * refuses the next would otherwise have two lines for each.
 */
const quietMs = 60_000

/** Tells the log when webhooks begin to fail and when they work again: a line each, however many. */
export class WebhookHealth {
  readonly #options: WebhookHealthOptions
  #isFailing = false
  #cancelRecovery: Cancel | undefined

  constructor(options: WebhookHealthOptions) {
    this.#options = options
  }

  /** An attempt failed, or there is no room to keep what waits. `reason` never quotes a request. */
  handleFailure(reason: string): void {
    this.stop()
    if (this.#isFailing) return
    this.#isFailing = true
    const { log, origin } = this.#options
    log.warn({ origin, reason }, 'webhooks fail')
  }

  /** An event arrived. */
  handleDelivered(): void {
    if (!this.#isFailing) return
    this.#cancelRecovery ??= this.#options.clock.after(quietMs, () => {
      this.#cancelRecovery = undefined
      this.#isFailing = false
      const { log, origin } = this.#options
      log.info({ origin }, 'webhooks are delivered again')
    })
  }

  /** Holds no timer any more. */
  stop(): void {
    this.#cancelRecovery?.()
    this.#cancelRecovery = undefined
  }
}
