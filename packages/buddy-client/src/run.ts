import type { BuddyError } from './errors.ts'
import type { ResolvedOptions } from './options.ts'
import type { Sending } from './signal.ts'

/**
 * From one `start()` to its end, by `stop()`, a refusal or a failure. What was begun for a run that
 * has been superseded meanwhile finds that it is not the present one, and undoes itself.
 */
export class Run {
  readonly options: ResolvedOptions
  /** What `start()` returned. */
  readonly promise: Promise<void>
  /** Whether the devices are open, where the mode has any. */
  isMediaReady = false
  /** Whether the server's session has the ticket of this run: it has answered it. */
  hasTicket = false
  /** Whether a partner is to be asked for, as soon as devices and server are there. */
  isWishDue = true
  /** What went along with the latest offer, for a partner that was not known yet. */
  toldSending: Sending | null = null
  /** Whether there has been a partner in the server's present session. */
  hasMet = false
  #resolve!: () => void
  #reject!: (error: BuddyError) => void
  #isPending = true

  constructor(options: ResolvedOptions) {
    this.options = options
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The search has begun. */
  resolve(): void {
    this.#isPending = false
    this.#resolve()
  }

  /** Tells the caller of `start()`; false where that call is done, and somebody else must be told. */
  reject(error: BuddyError): boolean {
    if (!this.#isPending) return false
    this.#isPending = false
    this.#reject(error)
    return true
  }
}
