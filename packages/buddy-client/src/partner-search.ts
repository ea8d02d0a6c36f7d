import type { ClientMessage } from '@buddy-chat/protocol'
import type { CallSetup } from './call/call-setup.ts'
import type { Clock } from './clock.ts'
import type { ResolvedOptions } from './options.ts'
import type { Sending } from './sending.ts'
import type { PeerSignal } from './signal.ts'
import { toSignal, toTicket } from './signaling/message-conversion.ts'

/** What a search needs of its surroundings. */
export interface PartnerSearchDependencies {
  readonly setup: CallSetup
  readonly sending: () => Sending
  /** Whether the server is connected and has let us in. */
  readonly isWelcome: () => boolean
  readonly send: (message: ClientMessage) => boolean
  readonly clock: Clock
}

/**
 * The wish for a partner, sent to the server whenever there is to be one: at first as a ticket, then as
 * Next; from one `start()` to its end.
 */
export class PartnerSearch {
  readonly #options: ResolvedOptions
  readonly #dependencies: PartnerSearchDependencies
  #isMediaReady = false
  /** A partner is to be asked for, as soon as devices and server are there. */
  #isDue = true
  /** The server's session has the ticket: it has answered it. */
  #hasTicket = false
  /** The wish is sent and not answered yet. */
  #isAsking = false
  #isPaused = false
  #isEnded = false
  /** The wish that is being made ready; a later one takes its place. */
  #wish = {}
  #toldSending: Sending | null = null

  constructor(options: ResolvedOptions, dependencies: PartnerSearchDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** What went along with the latest offer, for a partner that was not known yet. */
  get toldSending(): Sending | null {
    return this.#toldSending
  }

  /** A call was lost: nobody is looked for before a person says so. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  handleMediaReady(): void {
    this.#isMediaReady = true
    this.ask()
  }

  /** The session is a new one, or was set up again after a restart: the server knows no ticket of it. */
  handleForgotten(hasRoom: boolean): void {
    this.#hasTicket = this.#isAsking = false
    this.#isDue = !this.#isPaused && !hasRoom
  }

  /** The server has answered the wish: one waits, or there is somebody. */
  handleAnswered(): void {
    this.#isAsking = false
    this.#hasTicket = true
  }

  /** Something was dropped for its rate. It may have been the wish, and nobody would ask again. */
  handleDropped(retryAfterMs: number): void {
    if (!this.#isAsking) return
    this.#dependencies.clock.after(retryAfterMs, () => {
      if (this.#isAsking && !this.#isEnded) this.goOn()
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

  /** Wants a partner, now or as soon as it can be said. */
  goOn(): void {
    this.#isDue = true
    this.ask()
  }

  /**
   * Sends the wish, where one is due, as soon as devices and server are there, in whichever order, with
   * an offer for whoever waits already. While the server is away it is not kept to be sent later: one
   * that has restarted needs another wish than one that has not.
   */
  ask(): void {
    const { setup, isWelcome, sending } = this.#dependencies
    if (this.#isEnded || !this.#isMediaReady || !this.#isDue || !isWelcome()) return
    const wish = (this.#wish = {})
    setup.cancelPreparing()
    if (this.#options.mode === 'text') {
      this.#send(null)
      return
    }
    void setup.preparation.offer().then((offer) => {
      if (this.#isEnded || this.#wish !== wish || !isWelcome()) return
      this.#toldSending = offer && sending()
      this.#send(offer && { ...offer, sending: this.#toldSending, generation: null })
    })
  }

  /** Nothing is sent from now on. */
  end(): void {
    this.#isEnded = true
  }

  #send(offer: PeerSignal | null): void {
    this.#isAsking = this.#dependencies.send(
      this.#hasTicket
        ? { type: 'next', offer: offer && toSignal(offer) }
        : toTicket(this.#options, offer),
    )
    this.#isDue = !this.#isAsking
  }
}
