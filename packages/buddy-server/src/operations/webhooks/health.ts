import type { Cancel, Clock } from '../../clock.ts'
import type { Log } from '../log/create-log.ts'

interface WebhookHealthOptions {
  readonly clock: Clock
  readonly log: Log
  /** The receiver's origin, not its whole URL, because the path may contain a token. */
  readonly origin: string
}

/**
 * After a failure, webhooks count as working again when an event was delivered and no attempt has failed for
 * this time. Without it, a receiver that accepts one event and refuses the next would cause two log lines for
 * each pair of events.
 */
const quietMs = 60_000

/** Logs one line when webhooks begin to fail, and one line when they work again. */
export class WebhookHealth {
  readonly #options: WebhookHealthOptions
  #isFailing = false
  #cancelRecovery: Cancel | undefined

  constructor(options: WebhookHealthOptions) {
    this.#options = options
  }

  /**
   * Call this when an attempt has failed or the queue is full. `reason` must not quote the request, because
   * it is logged.
   */
  handleFailure(reason: string): void {
    this.stop()
    if (this.#isFailing) return
    this.#isFailing = true
    const { log, origin } = this.#options
    log.warn({ origin, reason }, 'webhooks fail')
  }

  /** Call this when an event was delivered. */
  handleDelivered(): void {
    if (!this.#isFailing) return
    this.#cancelRecovery ??= this.#options.clock.after(quietMs, () => {
      this.#cancelRecovery = undefined
      this.#isFailing = false
      const { log, origin } = this.#options
      log.info({ origin }, 'webhooks are delivered again')
    })
  }

  /** Cancels the timer, so that nothing is logged any more. */
  stop(): void {
    this.#cancelRecovery?.()
    this.#cancelRecovery = undefined
  }
}
