import type { ClientMessage } from '@buddy-chat/protocol'
import type { Cancel, Clock } from './clock.ts'
import type { SearchCriteria } from './criteria.ts'
import { toCriteriaFields } from './criteria.ts'
import type { ResolvedOptions } from './options.ts'
import type { Sending } from './sending.ts'
import type { LinkSignal } from './signal.ts'
import { toSignal, toTicket } from './signaling/message-conversion.ts'

/** The functions of the client that a search uses. */
export interface PartnerSearchDependencies {
  /** Resolves with an offer for a partner who waits already; null if there is no offer. */
  readonly takeOffer: () => Promise<LinkSignal | null>
  readonly sending: () => Sending
  /** Returns whether the client is connected and the server has sent its `welcome`. */
  readonly isConnected: () => boolean
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  readonly clock: Clock
}

/**
 * Requests partners from the server during one run of the client. The first request is a `ticket`, later
 * ones are `next`.
 */
export class PartnerSearch {
  #options: ResolvedOptions
  readonly #dependencies: PartnerSearchDependencies
  #isMediaReady = false
  /** Whether a request must be sent as soon as devices and server are ready. */
  #isDue = true
  /** Whether the server has answered a ticket. If so, it has the ticket, and the next request is `next`. */
  #hasTicket = false
  /** Whether a request was sent and is not answered yet. */
  #isRequested = false
  /** The options in the latest request that was sent. The server has them when it has answered. */
  #requested: ResolvedOptions | undefined
  #isInQueue = false
  /** Whether a `change` was sent and is not answered yet. */
  #isChanging = false
  #isPaused = false
  #isEnded = false
  /** Identifies the request that waits for its offer. A later request replaces an earlier one. */
  #request = {}
  #announcedSending: Sending | null = null
  #cancelRepeat: Cancel | undefined

  constructor(options: ResolvedOptions, dependencies: PartnerSearchDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** The `sending` state that was sent with the latest `ticket` or `next`; null if it had no offer. */
  get announcedSending(): Sending | null {
    return this.#announcedSending
  }

  /** Whom the user looks for at present. */
  get criteria(): SearchCriteria {
    const { interests, languages, asks, keepInterests, keepLanguages } = this.#options
    return { interests, languages, asks, keepInterests, keepLanguages }
  }

  /** Whether a call was lost. The search then waits for `next()`. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  handleMediaReady(): void {
    this.#isMediaReady = true
    this.requestIfDue()
  }

  /**
   * Called when the server does not have the ticket, because the session is new or was restored after a
   * restart.
   */
  handleForgotten(hasRoom: boolean): void {
    this.#hasTicket = this.#isRequested = this.#isInQueue = false
    this.#isDue = !this.#isPaused && !hasRoom
  }

  /**
   * Called when the server has answered the request with `waiting` or `matched`.
   * @param isInQueue whether the answer was `waiting`
   */
  handleAnswered(isInQueue: boolean): void {
    const wasRequested = this.#isRequested
    this.#isRequested = this.#isChanging = false
    this.#isInQueue = isInQueue
    if (!wasRequested) return
    this.#hasTicket = this.#requested === this.#options
    // The page has changed the criteria since the request.
    if (!this.#hasTicket) this.setCriteria(this.#options)
  }

  /** Called when the server has sent `searching`, which is also the answer to a `change`. */
  handleSearching(): void {
    this.#isChanging = false
  }

  /**
   * Called when the server has dropped a message because of its rate limit. If a request or a change is not
   * answered yet, the message may have been that one, so it is sent again after `retryAfterMs`.
   */
  handleDropped(retryAfterMs: number): void {
    if (!this.#isRequested && !this.#isChanging) return
    this.#cancelRepeat?.()
    this.#cancelRepeat = this.#dependencies.clock.after(retryAfterMs, () => {
      if (this.#isRequested) this.request()
      else if (this.#isChanging) this.#sendChange()
    })
  }

  /**
   * Changes whom the user looks for. In the queue, the user keeps the place. In a call, the change applies to
   * the next search.
   */
  setCriteria(criteria: SearchCriteria): void {
    this.#options = { ...this.#options, ...criteria }
    // A server before 0.2 ignores `change`. So the next request is a `ticket`, which every server understands.
    this.#hasTicket = false
    this.#sendChange()
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Ends a pause. Returns whether the search was paused. */
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
   * Sends a request if one is due, and devices and server are ready. While disconnected, the search builds
   * no request in advance, because a server that has restarted needs a `ticket` instead of `next`.
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

  #sendChange(): void {
    const { send, isConnected } = this.#dependencies
    if (this.#isEnded || !this.#isInQueue || !isConnected()) return
    this.#isChanging = send({ type: 'change', ...toCriteriaFields(this.#options) })
  }

  #send(offer: LinkSignal | null): void {
    const signal =
      offer && toSignal({ ...offer, sending: this.#announcedSending, generation: null })
    this.#requested = this.#options
    this.#isRequested = this.#dependencies.send(
      this.#hasTicket ? { type: 'next', offer: signal } : toTicket(this.#options, signal),
    )
    this.#isDue = !this.#isRequested
  }
}
