import type { Clock } from '../clock.ts'
import type { LinkSignal } from '../signal.ts'
import { CandidateBatch, maxCandidates } from './candidate-batch.ts'
import { preferCodecs } from './codec-preference.ts'
import { IncomingSignals } from './incoming-signals.ts'
import { sendKeyFrame } from './key-frame.ts'
import type { PartnerBudget } from './partner-budget.ts'

/** What a link needs before there is a partner. */
export interface PeerLinkDependencies {
  readonly createConnection: () => RTCPeerConnection
  /** The local tracks; undefined to only receive. */
  readonly localStream: MediaStream | undefined
  /** Kinds of media that this call has, whether or not there is a local track for each. */
  readonly kinds: readonly ('audio' | 'video')[]
  /** Names of the preferred codecs, the most preferred first. */
  readonly codecs: readonly string[]
  readonly clock: Clock
}

/** The local role towards the partner, and the callbacks of a link that has one. */
export interface LinkPartner {
  /** False for the side that makes every offer, and whose offer wins if two collide. */
  readonly isPolite: boolean
  /** Whether the partner has already received the offer of {@link PeerLink.prepareOffer}. */
  readonly isOffered: boolean
  readonly budget: PartnerBudget
  readonly sendSignal: (signal: LinkSignal) => void
  /** Called on the polite side to negotiate: the partner must make an offer with an ICE restart. */
  readonly onOfferNeeded: () => void
  readonly onTrack: (track: MediaStreamTrack) => void
  readonly onStateChange: (state: RTCPeerConnectionState) => void
  /** Called once if a signal is invalid or the browser fails. The link is then closed. */
  readonly onBroken: (message: string, cause: unknown) => void
}

/**
 * One RTCPeerConnection with perfect negotiation (W3C WebRTC §10.7), which it changes in two ways:
 *
 * - The polite side never makes an offer but requests one. A call then begins without a collision, and
 *   each side keeps its DTLS role. (If Firefox has made the first offer and answers a later one, it
 *   changes roles, and Chromium refuses that answer.)
 * - The link and its offer can be created before there is a partner, so that the offer is sent without
 *   delay.
 */
export class PeerLink {
  readonly #kinds: PeerLinkDependencies['kinds']
  readonly #codecs: readonly string[]
  readonly #connection: RTCPeerConnection
  readonly #candidates: CandidateBatch
  readonly #listening = new AbortController()
  readonly #clock: Clock
  #partner: LinkPartner | undefined
  #incoming: IncomingSignals | undefined
  /** Candidates to send as soon as there is a partner and a local description. */
  #held: RTCIceCandidateInit[] = []
  #makingOffer = false
  /** Resolves when the current `setLocalDescription` call has settled; never rejects. */
  #describing: Promise<void> | undefined
  #isRestarting = false
  /** An ICE restart was negotiated, so that media may soon take another path. */
  #expectsPath = false
  /** One request is enough: if the partner's offer still lacks the media, the next one would too. */
  #hasRequestedMedia = false

  /** @throws what the browser's RTCPeerConnection throws on construction */
  constructor({ createConnection, localStream, kinds, codecs, clock }: PeerLinkDependencies) {
    this.#kinds = kinds
    this.#codecs = codecs
    this.#clock = clock
    this.#connection = createConnection()
    this.#candidates = new CandidateBatch({
      clock,
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

  /** Whether a local offer waits for its answer. An offer cannot be rolled back cleanly: use a new link. */
  get hasOffer(): boolean {
    return this.#connection.signalingState === 'have-local-offer'
  }

  /**
   * Creates the offer and starts to gather candidates before there is a partner.
   * @throws (as a rejection) the browser's error
   */
  prepareOffer(): Promise<void> {
    return this.#setLocalOffer()
  }

  /** The prepared offer, which includes the candidates gathered so far. Later ones are sent after it. */
  takeOffer(): LinkSignal {
    this.#held = []
    this.#candidates.take()
    return { description: this.#localDescription(), candidates: [] }
  }

  /** Connects the link to a partner and starts to send signals. Call it once. */
  attach(partner: LinkPartner): void {
    this.#partner = partner
    this.#incoming = new IncomingSignals({
      kinds: this.#kinds,
      budget: partner.budget,
      clock: this.#clock,
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

  /** Handles a signal from the partner. Never throws: if it cannot be applied, calls `onBroken`. */
  handleSignal(signal: LinkSignal): void {
    this.#incoming?.handle(signal)
  }

  /** Whether an ICE restart was requested and its answer has not arrived. */
  get isRestarting(): boolean {
    return this.#isRestarting
  }

  /**
   * Whether there is a media path according to the browser, and no ICE restart in progress. The browser
   * may notice a loss late. If a restart finds another path before that, the browser reports neither
   * the loss nor the new path.
   */
  get isConnected(): boolean {
    return this.#connection.connectionState === 'connected' && !this.#isRestarting
  }

  /** Restarts ICE (W3C WebRTC §4.4.2). The old path is used until a new one is found. */
  restartIce(): void {
    if (this.isClosed) return
    this.#isRestarting = true
    if (this.#partner?.isPolite) this.#partner.onOfferNeeded()
    else this.#connection.restartIce()
  }

  /**
   * Sends `track` instead of the current track of its kind, without a negotiation.
   * @returns false if this link sends no track of that kind
   * @throws (as a rejection) the browser's error
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

  /** Sends a track of a kind that was not sent before. This starts a negotiation. */
  addTrack(track: MediaStreamTrack): void {
    if (!this.isClosed) this.#connection.addTrack(track)
  }

  /**
   * Replaces the ICE servers for the next ICE restart. The current path stays.
   * @param configuration its `bundlePolicy` and `rtcpMuxPolicy` must be those at construction
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

  /** Closes the link at once. No callback is called after that. Local tracks are not stopped. */
  close(): void {
    if (this.isClosed) return
    this.#listening.abort()
    this.#candidates.take()
    if (this.#describing) void this.#describing.finally(() => this.#closeConnection())
    else this.#closeConnection()
  }

  /**
   * Chromium 156 never frees a connection that is closed after `setLocalDescription` was called and before
   * it has started to gather. Such connections count towards its limit of 500. So this method waits for
   * gathering to start.
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

  /**
   * Listens for changes of the path if the browser reports them (W3C WebRTC §5.6). Senders that share a
   * transport share one listener.
   */
  #followPath(): void {
    const { signal } = this.#listening
    for (const { transport } of this.senders) {
      const ice: EventTarget | undefined = transport?.iceTransport
      ice?.addEventListener('selectedcandidatepairchange', this.#handlePath, { signal })
    }
  }

  /** Sends key frames: frames that were lost with the old path may be needed to decode later ones. */
  readonly #handlePath = (): void => {
    if (!this.#expectsPath) return
    this.#expectsPath = false
    for (const sender of this.senders) void sendKeyFrame(sender)
  }

  async #setLocalOffer(): Promise<void> {
    const connection = this.#connection
    const has = new Set(connection.getTransceivers().map(({ receiver }) => receiver.track.kind))
    // Only an offer can request media without sending any; an answer accepts what is offered.
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

  /** Creates and sets an offer or an answer, whichever the signaling state needs (W3C WebRTC §4.4.1.5). */
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
      // Before the first offer no request is needed: its answer will include all local tracks.
      if (remoteDescription && !this.#hasRequestedMedia) {
        this.#hasRequestedMedia = true
        partner.onOfferNeeded()
      }
      return
    }
    // The partner and the browser may request the same offer.
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
      // Harmless: ICE has one candidate less to try. The candidate may belong to a description that was
      // replaced meanwhile, or to an offer that was ignored (W3C WebRTC §4.4.1.6, step 4.6).
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
    // Closing the connection rejects operations in progress, which is no error.
    if (this.isClosed) return
    this.close()
    this.#partner?.onBroken(message, cause)
  }
}
