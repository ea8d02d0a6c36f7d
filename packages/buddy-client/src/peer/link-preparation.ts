import type { LinkSignal } from '../signal.ts'
import type { PeerLink } from './peer-link.ts'

interface Prepared {
  readonly link: PeerLink
  /** Resolves with whether the offer is ready; undefined if the link is for an answer. */
  readonly offer: Promise<boolean> | undefined
  /** The offer was sent to the server with a ticket. It must stay until the server has answered. */
  isSent: boolean
}

/**
 * The link of the next call, created before there is a partner. A client that enters the queue sends an
 * offer with its ticket, for a partner that already waits. A client that has to wait keeps a link
 * without an offer, to answer the offer of a newcomer.
 */
export class LinkPreparation {
  readonly #createLink: () => PeerLink | undefined
  #prepared: Prepared | undefined

  /** @param createLink may throw or return undefined; then nothing is prepared */
  constructor(createLink: () => PeerLink | undefined) {
    this.#createLink = createLink
  }

  /** Starts to create a link and its offer, unless an open one exists. */
  prepareOffer(): void {
    if (this.#prepared?.offer && !this.#prepared.link.isClosed) return
    this.discard()
    const link = this.#tryCreate()
    if (!link) return
    const offer = link.prepareOffer().then(
      () => !link.isClosed,
      () => false,
    )
    this.#prepared = { link, offer, isSent: false }
  }

  /** Replaces the prepared link with one that can answer. A link that has made an offer cannot. */
  prepareAnswer(): void {
    this.discard()
    const link = this.#tryCreate()
    if (link) this.#prepared = { link, offer: undefined, isSent: false }
  }

  /** Resolves with the offer to send now, created unless prepared before; null if that failed. */
  async offer(): Promise<LinkSignal | null> {
    this.prepareOffer()
    const prepared = this.#prepared
    const isMade = await prepared?.offer
    // The offer became stale meanwhile and was replaced: wait for the new one.
    if (prepared !== this.#prepared && this.#prepared?.offer) return this.offer()
    if (!isMade || !prepared || prepared !== this.#prepared) return null
    prepared.isSent = true
    return prepared.link.takeOffer()
  }

  /**
   * Called when tracks, settings or ICE servers have changed. Discards a link with an offer, and
   * replaces a link for an answer. Keeps a link whose offer was sent. Returns whether the caller must
   * prepare a new offer.
   */
  handleStale(): boolean {
    if (!this.#prepared || this.#prepared.isSent) return false
    const hadOffer = this.#prepared.offer !== undefined
    if (hadOffer) this.discard()
    else this.prepareAnswer()
    return hadOffer
  }

  /** See {@link PeerLink.replaceTrack}. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    if ((await this.#prepared?.link.replaceTrack(track)) !== false) return
    if (this.handleStale()) this.prepareOffer()
  }

  /**
   * Hands the link over to the call that begins now: for `offered` the link whose offer was sent, for
   * `any` one that can answer. Closes a link that does not fit and returns undefined.
   */
  take(role: 'offered' | 'any'): PeerLink | undefined {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (!prepared || prepared.link.isClosed) return undefined
    if (role === 'offered' ? prepared.isSent : prepared.offer === undefined) return prepared.link
    prepared.link.close()
    return undefined
  }

  discard(): void {
    this.#prepared?.link.close()
    this.#prepared = undefined
  }

  #tryCreate(): PeerLink | undefined {
    try {
      return this.#createLink()
    } catch {
      // The call creates its own link later and reports the error if that fails too.
      return undefined
    }
  }
}
