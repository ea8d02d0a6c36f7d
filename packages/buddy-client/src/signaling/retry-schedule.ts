import type { Cancel, Clock } from '../clock.ts'
import type { BuddyError } from '../errors.ts'
import { backoffMs, retryAfterWithJitterMs } from './backoff.ts'

interface RetryScheduleEnvironment {
  readonly clock: Clock
  readonly random: () => number
}

/** When the client connects again after a failure: the waits grow until a connection succeeds. */
export class RetrySchedule {
  readonly #environment: RetryScheduleEnvironment
  readonly #connect: () => void
  #attempt = 0
  #cancel: Cancel | undefined

  /** @param connect called when an attempt is due */
  constructor(environment: RetryScheduleEnvironment, connect: () => void) {
    this.#environment = environment
    this.#connect = connect
  }

  /** How many attempts were scheduled since the last success. */
  get attempt(): number {
    return this.#attempt
  }

  /** Schedules the next attempt. Returns the wait in milliseconds; `retryAfterMs` of the error counts. */
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

  /** Begins with short waits again. Call after a success. */
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
