import type { LinkSignal } from '../signal.ts'
import { CandidateBatch, maxCandidates } from './candidate-batch.ts'
import { preferCodecs } from './codec-preference.ts'
import { IncomingSignals } from './incoming-signals.ts'
import { sendKeyFrame } from './key-frame.ts'
import type { PartnerBudget } from './partner-budget.ts'

/** What a link needs before there is anybody at the other end. */
export interface PeerLinkDependencies {
  readonly createConnection: () => RTCPeerConnection
  /** Own tracks; none joins as a viewer. */
  readonly localStream: MediaStream | undefined
  /** Kinds of media this call has, whether or not there is a local track for each. */
  readonly kinds: readonly ('audio' | 'video')[]
  /** Names of those to prefer, the best first. */
  readonly codecs: readonly string[]
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
}

/** The other end, as far as a link knows it. */
export interface LinkPartner {
  /** False for the side that makes every offer, and whose offer wins should two collide. */
  readonly isPolite: boolean
  /** The offer of {@link PeerLink.prepareOffer} has reached the partner already. */
  readonly isOffered: boolean
  readonly budget: PartnerBudget
  readonly sendSignal: (signal: LinkSignal) => void
  /** The polite side wants to negotiate: the other is to make an offer, with an ICE restart. */
  readonly onOfferNeeded: () => void
  readonly onTrack: (track: MediaStreamTrack) => void
  readonly onStateChange: (state: RTCPeerConnectionState) => void
  /** What the partner sent, or the browser, cannot be used. Once; the link is closed. */
  readonly onBroken: (message: string, cause: unknown) => void
}

/**
 * One RTCPeerConnection, by perfect negotiation (W3C WebRTC §10.7), with two departures. The polite
 * side never offers but asks for an offer: so a call begins without a collision, and each end keeps
 * its part in DTLS. (Firefox takes the other part when it answers a later offer after having made the
 * first, and Chromium then refuses that answer.) And a link can be made, and its offer too, before
 * there is a partner, so that the offer is on its way as soon as there is one.
 */
export class PeerLink {
  readonly #kinds: PeerLinkDependencies['kinds']
  readonly #codecs: readonly string[]
  readonly #connection: RTCPeerConnection
  readonly #candidates: CandidateBatch
  readonly #listening = new AbortController()
  readonly #setTimeout: PeerLinkDependencies['setTimeout']
  #partner: LinkPartner | undefined
  #incoming: IncomingSignals | undefined
  /** Candidates that nobody can be sent yet. */
  #held: RTCIceCandidateInit[] = []
  #makingOffer = false
  /** Settles, and never rejects, when the local description under way is there. */
  #describing: Promise<void> | undefined
  #isRestarting = false
  /** A restart was agreed on: media may go another way any moment. */
  #expectsPath = false
  /** Once is enough: a partner whose offers leave out what was asked for will do so again. */
  #hasAskedForMore = false

  /** @throws what the browser's RTCPeerConnection throws on construction */
  constructor({ createConnection, localStream, kinds, codecs, ...timers }: PeerLinkDependencies) {
    this.#kinds = kinds
    this.#codecs = codecs
    this.#setTimeout = timers.setTimeout
    this.#connection = createConnection()
    this.#candidates = new CandidateBatch({
      ...timers,
      onBatch: (candidates) => this.#sendCandidates(candidates),
    })
    this.#listen()
    for (const kind of kinds) {
      const track = localStream?.getTracks().find((candidate) => candidate.kind === kind)
      if (track && localStream) this.#connection.addTrack(track, localStream)
    }
  }

  get isClosed(): boolean {
    return this.#listening.signal.aborted
  }

  /** Whether an offer is made and not answered. One cannot be taken back cleanly: begin anew. */
  get hasOffer(): boolean {
    return this.#connection.signalingState === 'have-local-offer'
  }

  /**
   * Makes the offer and begins to gather candidates, for a partner yet to be found.
   * @throws what the browser throws (as a rejection)
   */
  prepareOffer(): Promise<void> {
    return this.#setLocalOffer()
  }

  /** The offer that was prepared, with the candidates there are by now; those to come follow it. */
  takeOffer(): LinkSignal {
    this.#held = []
    this.#candidates.take()
    return { description: this.#localDescription(), candidates: [] }
  }

  /** There is a partner: from now on signals go out. Call it once. */
  attach(partner: LinkPartner): void {
    this.#partner = partner
    this.#incoming = new IncomingSignals({
      kinds: this.#kinds,
      budget: partner.budget,
      setTimeout: this.#setTimeout,
      isClosed: () => this.isClosed,
      applyDescription: (description) => this.#applyDescription(description),
      applyCandidate: (candidate) => this.#applyCandidate(candidate),
      onBroken: (message, cause) => this.#break(message, cause),
    })
    if (partner.isPolite) return
    if (partner.isOffered) this.#sendCandidates([])
    else if (this.hasOffer) this.#sendDescription()
    else void this.#offer()
  }

  /** Takes the partner's signal. Never throws: what cannot be applied ends in `onBroken`. */
  handleSignal(signal: LinkSignal): void {
    this.#incoming?.handle(signal)
  }

  /** A restart was asked for, and the answer is not there yet. */
  get isRestarting(): boolean {
    return this.#isRestarting
  }

  /**
   * Whether there is a path, as far as the browser knows. It may not notice at once that one is lost;
   * and where a restart finds another before it has, it says so by nothing.
   */
  get isConnected(): boolean {
    return this.#connection.connectionState === 'connected' && !this.#isRestarting
  }

  /** Looks for a new path (ICE restart, W3C WebRTC §4.4.2); the old one is used meanwhile. */
  restartIce(): void {
    if (this.isClosed) return
    this.#isRestarting = true
    if (this.#partner?.isPolite) this.#partner.onOfferNeeded()
    else this.#connection.restartIce()
  }

  /**
   * Sends `track` in place of the present one of its kind, without a new negotiation.
   * @returns false where this link has nothing of that kind to replace
   * @throws what the browser throws (as a rejection)
   */
  async replaceTrack(track: MediaStreamTrack): Promise<boolean> {
    const sender = this.#connection.getSenders().find(({ track: own }) => own?.kind === track.kind)
    if (this.isClosed || !sender) return false
    try {
      await sender.replaceTrack(track)
      return true
    } catch (error) {
      if (this.isClosed) return false
      throw error
    }
  }

  /** Sends a track of a kind nothing was sent of until now. That takes a negotiation, by itself. */
  addTrack(track: MediaStreamTrack): void {
    if (!this.isClosed) this.#connection.addTrack(track)
  }

  /**
   * Replaces the ICE servers, for the next restart; the present path stays.
   * @param configuration bundle and rtcp-mux policy must be those the connection was made with
   */
  setConfiguration(configuration: RTCConfiguration): void {
    if (!this.isClosed) this.#connection.setConfiguration(configuration)
  }

  /** The browser's own senders, for bitrates and codecs. */
  get senders(): readonly RTCRtpSender[] {
    return this.#connection.getSenders()
  }

  /** The browser's own statistics (W3C webrtc-stats). */
  getStats(): Promise<RTCStatsReport> {
    return this.#connection.getStats()
  }

  /** Ends it at once; nothing is told after that. Local tracks stay as they are. */
  close(): void {
    if (this.isClosed) return
    this.#listening.abort()
    this.#candidates.take()
    if (this.#describing) void this.#describing.finally(() => this.#closeConnection())
    else this.#closeConnection()
  }

  /**
   * Chromium 156 keeps a connection in memory for ever that is closed when it is about to gather: it has, or
   * is getting, its local description. Such connections count towards its limit of 500.
   */
  #closeConnection(): void {
    const connection = this.#connection
    if (!connection.localDescription || connection.iceGatheringState !== 'new') connection.close()
    else {
      const close = (): void => connection.close()
      connection.addEventListener('icegatheringstatechange', close, { once: true })
    }
  }

  #listen(): void {
    const connection = this.#connection
    const { signal } = this.#listening
    connection.addEventListener('negotiationneeded', () => void this.#offer(), { signal })
    connection.addEventListener(
      'icecandidate',
      ({ candidate }) => {
        if (candidate) this.#candidates.add(candidate.toJSON())
      },
      { signal },
    )
    connection.addEventListener(
      'track',
      ({ track }) => {
        if (this.#kinds.some((kind) => kind === track.kind)) this.#partner?.onTrack(track)
      },
      { signal },
    )
    connection.addEventListener(
      'connectionstatechange',
      () => {
        if (connection.connectionState === 'connected') this.#followPath()
        this.#partner?.onStateChange(connection.connectionState)
      },
      { signal },
    )
  }

  /** Hears of another path, where the browser tells (W3C WebRTC §5.6); once for all that go by one. */
  #followPath(): void {
    const { signal } = this.#listening
    for (const { transport } of this.senders) {
      const ice: EventTarget | undefined = transport?.iceTransport
      ice?.addEventListener('selectedcandidatepairchange', this.#handlePath, { signal })
    }
  }

  /** What went by the path of before is lost, and with it what later pictures build upon. */
  readonly #handlePath = (): void => {
    if (!this.#expectsPath) return
    this.#expectsPath = false
    for (const sender of this.senders) void sendKeyFrame(sender)
  }

  async #setLocalOffer(): Promise<void> {
    const connection = this.#connection
    const has = new Set(connection.getTransceivers().map(({ receiver }) => receiver.track.kind))
    // Only an offer can ask for media one has none of; an answer takes what it is offered.
    for (const kind of this.#kinds) {
      if (!has.has(kind)) connection.addTransceiver(kind, { direction: 'recvonly' })
    }
    preferCodecs(connection, this.#codecs)
    try {
      this.#makingOffer = true
      await this.#describe()
    } finally {
      this.#makingOffer = false
    }
  }

  /** Makes an offer or an answer, as the state of the connection is (W3C WebRTC §4.4.1.5), and takes it. */
  async #describe(): Promise<void> {
    const described = this.#connection.setLocalDescription()
    this.#describing = described.then(
      () => undefined,
      () => undefined,
    )
    try {
      await described
    } finally {
      this.#describing = undefined
    }
  }

  async #offer(): Promise<void> {
    const partner = this.#partner
    const { remoteDescription, signalingState } = this.#connection
    if (!partner) return
    if (partner.isPolite) {
      // Before the first offer has come, everything there is goes out with its answer.
      if (remoteDescription && !this.#hasAskedForMore) {
        this.#hasAskedForMore = true
        partner.onOfferNeeded()
      }
      return
    }
    // It was asked for, and by the browser too.
    if (this.#makingOffer || signalingState !== 'stable') return
    try {
      await this.#setLocalOffer()
      this.#sendDescription()
    } catch (cause) {
      this.#break('the browser could not make an offer', cause)
    }
  }

  #localDescription(): LinkSignal['description'] {
    const { type, sdp } = this.#connection.localDescription ?? {}
    return sdp !== undefined && (type === 'offer' || type === 'answer') ? { type, sdp } : null
  }

  #sendDescription(): void {
    const description = this.#localDescription()
    if (this.isClosed || !description) return
    this.#held.push(...this.#candidates.take())
    this.#partner?.sendSignal({ description, candidates: this.#held.splice(0, maxCandidates) })
    this.#sendCandidates([])
  }

  #sendCandidates(candidates: readonly RTCIceCandidateInit[]): void {
    this.#held.push(...candidates)
    while (this.#partner && this.#held.length > 0) {
      this.#partner.sendSignal({
        description: null,
        candidates: this.#held.splice(0, maxCandidates),
      })
    }
  }

  async #applyCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    try {
      await this.#connection.addIceCandidate(candidate)
    } catch {
      // One way less to try, and no more than that. It may be of a description that a later one has
      // replaced meanwhile, or of an offer that was ignored (W3C WebRTC §4.4.1.6, step 4.6).
    }
  }

  async #applyDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const connection = this.#connection
    const isOffer = description.type === 'offer'
    const isCollision = isOffer && (this.#makingOffer || connection.signalingState !== 'stable')
    if (isCollision && !this.#partner?.isPolite) return
    await connection.setRemoteDescription(description)
    if (isOffer && !this.isClosed) {
      preferCodecs(connection, this.#codecs)
      await this.#describe()
      this.#sendDescription()
    }
    this.#isRestarting = false
    this.#expectsPath = connection.connectionState === 'connected'
  }

  #break(message: string, cause: unknown): void {
    // A closed connection rejects what was under way; that is nobody's failure.
    if (this.isClosed) return
    this.close()
    this.#partner?.onBroken(message, cause)
  }
}
