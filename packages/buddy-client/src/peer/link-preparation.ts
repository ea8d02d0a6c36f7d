import type { LinkSignal } from '../signal.ts'
import type { PeerLink } from './peer-link.ts'

interface Prepared {
  readonly link: PeerLink
  /**
   * Resolves with true when the offer is ready, or with false if it failed. Undefined if there is no
   * offer.
   */
  readonly offer: Promise<boolean> | undefined
  /** Whether the offer was sent to the server. If so, the link is kept until the server has answered. */
  isSent: boolean
}

/**
 * Creates the link (peer connection) of the next call before there is a partner. A client that enters the
 * queue sends an offer with its `ticket` or `next`, for a partner who waits already. A client that has to
 * wait prepares a link without an offer, with which it can answer the offer of a later client.
 */
export class LinkPreparation {
  readonly #createLink: () => PeerLink | undefined
  #prepared: Prepared | undefined

  /** @param createLink creates a link. If it throws or returns undefined, no link is prepared */
  constructor(createLink: () => PeerLink | undefined) {
    this.#createLink = createLink
  }

  /** Starts to create a link and its offer, unless an open link with an offer exists. */
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

  /** Replaces the prepared link by one that can answer, because a link that has made an offer cannot. */
  prepareAnswer(): void {
    this.discard()
    const link = this.#tryCreate()
    if (link) this.#prepared = { link, offer: undefined, isSent: false }
  }

  /** Resolves with the offer to send now. Creates it if none is prepared. Null if that fails. */
  async offer(): Promise<LinkSignal | null> {
    this.prepareOffer()
    const prepared = this.#prepared
    const isMade = await prepared?.offer
    // The link was out of date meanwhile and was replaced, so the offer of the new link is needed.
    if (prepared !== this.#prepared && this.#prepared?.offer) return this.offer()
    if (!isMade || !prepared || prepared !== this.#prepared) return null
    prepared.isSent = true
    return prepared.link.takeOffer()
  }

  /**
   * Called when the prepared link is out of date, because tracks, ICE servers or the network have changed.
   * Discards a link with an offer, and replaces a link without one. Keeps a link whose offer was sent.
   * Returns true if a link with an offer was discarded, so that the caller must prepare a new one.
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
   * Returns the prepared link for the call that begins now. The role `offered` needs the link whose offer
   * was sent. The role `any` needs a link without an offer. Closes a link that does not fit, and returns
   * undefined.
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
      // The call will create a link itself, and report the error if that fails too.
      return undefined
    }
  }
}
