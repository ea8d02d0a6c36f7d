import type { Cancel, Clock } from '../clock.ts'
import type { BuddyError } from '../errors.ts'
import { backoffMs, retryAfterWithJitterMs } from './backoff.ts'

interface RetryScheduleEnvironment {
  readonly clock: Clock
  readonly random: () => number
}

/** Schedules the attempts to connect again after a failure. The waits grow until a connection succeeds. */
export class RetrySchedule {
  readonly #environment: RetryScheduleEnvironment
  readonly #connect: () => void
  #attempt = 0
  #cancel: Cancel | undefined

  /** @param connect makes an attempt to connect */
  constructor(environment: RetryScheduleEnvironment, connect: () => void) {
    this.#environment = environment
    this.#connect = connect
  }

  /** The number of attempts that were scheduled since the latest success. */
  get attempt(): number {
    return this.#attempt
  }

  /**
   * Schedules the next attempt. Returns the wait in milliseconds, which is at least the error's
   * `retryAfterMs`.
   */
  schedule({ retryAfterMs }: BuddyError): number {
    const { clock, random } = this.#environment
    const delayMs =
      retryAfterMs === undefined
        ? backoffMs(this.#attempt, random)
        : retryAfterWithJitterMs(retryAfterMs, random)
    this.#attempt++
    this.#cancel?.()
    this.#cancel = clock.after(delayMs, () => this.#run())
    return delayMs
  }

  /** Makes a scheduled attempt now. Does nothing if none is scheduled. */
  runNow(): void {
    if (!this.#cancel) return
    this.#cancel()
    this.#run()
  }

  /** Makes the next waits short again. Call after a success. */
  reset(): void {
    this.#attempt = 0
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #run(): void {
    this.#cancel = undefined
    this.#connect()
  }
}
