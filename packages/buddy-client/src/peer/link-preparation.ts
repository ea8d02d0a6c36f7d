import type { LinkSignal } from '../signal.ts'
import type { PeerLink } from './peer-link.ts'

interface Prepared {
  readonly link: PeerLink
  /** Resolves with whether there is an offer; undefined: none is wanted. */
  readonly offer: Promise<boolean> | undefined
  /** The offer has left with a wish: it must not be replaced until that is answered. */
  isSent: boolean
}

/**
 * The next call's link, made before there is a partner. Whoever enters the queue brings an offer for
 * whoever waits there; whoever has to wait keeps a link without one, ready to answer a newcomer's.
 */
export class LinkPreparation {
  readonly #createLink: () => PeerLink | undefined
  #prepared: Prepared | undefined

  /** @param createLink may throw, or make none; then there is nothing prepared */
  constructor(createLink: () => PeerLink | undefined) {
    this.#createLink = createLink
  }

  /** Begins to make a link and its offer, unless there is one. */
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

  /** Keeps a link that can answer; one that has made an offer is not used for that. */
  prepareAnswer(): void {
    this.discard()
    const link = this.#tryCreate()
    if (link) this.#prepared = { link, offer: undefined, isSent: false }
  }

  /** The offer to send now; null where none could be made. Made anew unless prepared before. */
  async offer(): Promise<LinkSignal | null> {
    this.prepareOffer()
    const prepared = this.#prepared
    const isMade = await prepared?.offer
    // It has gone stale meanwhile, and another is being made.
    if (prepared !== this.#prepared && this.#prepared?.offer) return this.offer()
    if (!isMade || !prepared || prepared !== this.#prepared) return null
    prepared.isSent = true
    return prepared.link.takeOffer()
  }

  /**
   * What it was made of has changed: it is let go, or made anew where it only answers. One that is on
   * its way stays. Returns whether an offer is to be made anew.
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

  /** The link, for the call that begins now: with an offer that was sent, or fit to answer. */
  take(wants: 'offered' | 'any'): PeerLink | undefined {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (!prepared || prepared.link.isClosed) return undefined
    if (wants === 'offered' ? prepared.isSent : prepared.offer === undefined) return prepared.link
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
      // The call itself will say so, where there is one.
      return undefined
    }
  }
}
