import type { ClientMessage } from '@buddy-chat/protocol'
import type { Cancel, Clock } from './clock.ts'
import type { ResolvedOptions } from './options.ts'
import type { Sending } from './sending.ts'
import type { LinkSignal } from './signal.ts'
import { toSignal, toTicket } from './signaling/message-conversion.ts'

/** What a search needs from the client. */
export interface PartnerSearchDependencies {
  /** Resolves with an offer for a partner who waits already; null if there is none. */
  readonly takeOffer: () => Promise<LinkSignal | null>
  readonly sending: () => Sending
  /** Whether the server is connected and has sent its welcome. */
  readonly isConnected: () => boolean
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  readonly clock: Clock
}

/**
 * Requests partners from the server, from one `start()` to its end: first with a `ticket`, later with
 * `next`.
 */
export class PartnerSearch {
  readonly #options: ResolvedOptions
  readonly #dependencies: PartnerSearchDependencies
  #isMediaReady = false
  /** A request must be sent as soon as devices and server are ready. */
  #isDue = true
  /** The server has answered the ticket, so its session has one. The next request is `next`. */
  #hasTicket = false
  /** A request was sent and is not answered yet. */
  #isRequested = false
  #isPaused = false
  #isEnded = false
  /** Identifies the request that waits for its offer. A later request replaces it. */
  #request = {}
  #announcedSending: Sending | null = null
  #cancelRepeat: Cancel | undefined

  constructor(options: ResolvedOptions, dependencies: PartnerSearchDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** The `sending` state that was sent with the latest offer, before the partner was known. */
  get announcedSending(): Sending | null {
    return this.#announcedSending
  }

  /** Whether a call was lost. The search then waits for `next()`. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  handleMediaReady(): void {
    this.#isMediaReady = true
    this.requestIfDue()
  }

  /** Called when the server does not know the ticket: the session is new, or restored after a restart. */
  handleForgotten(hasRoom: boolean): void {
    this.#hasTicket = this.#isRequested = false
    this.#isDue = !this.#isPaused && !hasRoom
  }

  /** Called when the server has answered the request with `waiting` or `matched`. */
  handleAnswered(): void {
    this.#isRequested = false
    this.#hasTicket = true
  }

  /**
   * Called when the server has dropped a message because of its rate limit. If that may have been the
   * request, it is sent again after `retryAfterMs`.
   */
  handleDropped(retryAfterMs: number): void {
    if (!this.#isRequested) return
    this.#cancelRepeat?.()
    this.#cancelRepeat = this.#dependencies.clock.after(retryAfterMs, () => {
      if (this.#isRequested) this.request()
    })
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Ends a pause. Returns whether there was one. */
  unpause(): boolean {
    const wasPaused = this.#isPaused
    this.#isPaused = false
    return wasPaused
  }

  /** Requests a partner, now or as soon as devices and server are ready. */
  request(): void {
    this.#isDue = true
    this.requestIfDue()
  }

  /**
   * Sends the request if one is due, and devices and server are ready. It is not kept while the server
   * is disconnected, because a server that has restarted needs a `ticket` instead of `next`.
   */
  requestIfDue(): void {
    const { takeOffer, isConnected, sending } = this.#dependencies
    if (this.#isEnded || !this.#isMediaReady || !this.#isDue || !isConnected()) return
    const request = (this.#request = {})
    void takeOffer().then((offer) => {
      if (this.#isEnded || this.#request !== request || !isConnected()) return
      this.#announcedSending = offer && sending()
      this.#send(offer)
    })
  }

  /** Sends nothing from now on. */
  end(): void {
    this.#isEnded = true
    this.#cancelRepeat?.()
  }

  #send(offer: LinkSignal | null): void {
    const signal =
      offer && toSignal({ ...offer, sending: this.#announcedSending, generation: null })
    this.#isRequested = this.#dependencies.send(
      this.#hasTicket ? { type: 'next', offer: signal } : toTicket(this.#options, signal),
    )
    this.#isDue = !this.#isRequested
  }
}
