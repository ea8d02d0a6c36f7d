import type { Clock } from '../clock.ts'
import type { LinkSignal } from '../signal.ts'
import { CandidateBatch, maxCandidates } from './candidate-batch.ts'
import { preferCodecs } from './codec-preference.ts'
import { IncomingSignals } from './incoming-signals.ts'
import { sendKeyFrame } from './key-frame.ts'
import type { PartnerRates } from './partner-limits.ts'
import { awaitsRestart, withoutCandidates } from './restart-offer.ts'

/** The dependencies of a link that has no partner yet. */
export interface PeerLinkDependencies {
  readonly createConnection: () => RTCPeerConnection
  /** The stream with the local tracks; undefined if the link only receives. */
  readonly localStream: MediaStream | undefined
  /** The kinds of media that the call has, also those for which there is no local track. */
  readonly kinds: readonly ('audio' | 'video')[]
  /** The names of the preferred codecs, the most preferred first. */
  readonly codecs: readonly string[]
  readonly clock: Clock
}

/** What a link needs as soon as there is a partner: its role in the negotiation, and its callbacks. */
export interface LinkPartner {
  /** False for the client that makes every offer. If two offers collide, its offer is used. */
  readonly isPolite: boolean
  /** Whether the server has passed the offer of {@link PeerLink.prepareOffer} to the partner. */
  readonly isOffered: boolean
  readonly budget: PartnerRates
  readonly sendSignal: (signal: LinkSignal) => void
  /** Called on the polite side when a negotiation is needed. The partner must then make an offer. */
  readonly onOfferNeeded: () => void
  readonly onTrack: (track: MediaStreamTrack) => void
  readonly onStateChange: (state: RTCPeerConnectionState) => void
  /** Called once if a signal is invalid or the browser fails. The link is then closed. */
  readonly onBroken: (message: string, cause: unknown) => void
}

/**
 * One RTCPeerConnection with perfect negotiation (W3C WebRTC §10.7), with two changes:
 *
 * - The polite side never makes an offer but requests one. So offers do not collide when a call begins, and
 *   each side keeps its DTLS role. (A Firefox that has made the first offer and answers a later one changes
 *   its role, and Chromium refuses that answer.)
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
  /** Whether an ICE restart was negotiated, so that media may soon take another path. */
  #expectsPath = false
  /**
   * Whether the link has requested an offer to send more media. It does so once, because if the partner's
   * offer does not accept the media, the next one would not either.
   */
  #hasRequestedMedia = false

  /**
   * Creates the RTCPeerConnection and adds the local tracks.
   * @throws what the browser's RTCPeerConnection throws on construction
   */
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

  /**
   * Whether a local offer waits for its answer. Such a link cannot answer an offer, because browsers do not
   * roll back their own offer cleanly. Use another link for that.
   */
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

  /**
   * Returns the prepared offer, with the candidates gathered so far. Later candidates are sent separately.
   */
  takeOffer(): LinkSignal {
    this.#held = []
    this.#candidates.take()
    return { description: this.#localDescription(), candidates: [] }
  }

  /** Gives the link a partner, and starts to send signals. Call it once. */
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

  /** Handles a signal from the partner. Never throws. If the signal cannot be applied, calls `onBroken`. */
  handleSignal(signal: LinkSignal): void {
    this.#incoming?.handle(signal)
  }

  /** Whether an ICE restart was requested and is not negotiated yet. */
  get isRestarting(): boolean {
    return this.#isRestarting
  }

  /**
   * Whether the browser reports a media path and no ICE restart is in progress. The browser may notice late
   * that a path is lost. If a restart finds another path before that, the browser reports neither the loss
   * nor the new path.
   */
  get isConnected(): boolean {
    return this.#connection.connectionState === 'connected' && !this.#isRestarting
  }

  /**
   * Whether local candidates wait for the answer to an ICE restart, because there is a path. Otherwise the checks of a
   * Firefox that answers would arrive before its answer. Chromium 156 takes them for those of a worse path, stays with
   * the former candidates of Firefox, and Firefox receives nothing any more.
   */
  get #holdsCandidates(): boolean {
    return this.#connection.connectionState === 'connected' && awaitsRestart(this.#connection)
  }

  /** Restarts ICE (W3C WebRTC §4.4.2). Media uses the old path until a new one is found. */
  restartIce(): void {
    if (this.isClosed) return
    this.#isRestarting = true
    if (this.#partner?.isPolite) this.#partner.onOfferNeeded()
    else this.#connection.restartIce()
  }

  /**
   * Sends `track` in place of the track of its kind, without a negotiation.
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

  /** Sends nothing of this kind from now on. */
  stopSending(kind: string): void {
    for (const sender of this.#connection.getSenders()) {
      if (sender.track?.kind !== kind) continue
      // It rejects only if the connection is closed, which sends nothing either.
      sender.replaceTrack(null).catch(() => undefined)
    }
  }

  /** Whether the link sends a track of this kind, or did so when it was created. */
  sends(kind: string): boolean {
    return this.#connection.getSenders().some(({ track }) => track?.kind === kind)
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

  /** The senders of the RTCPeerConnection. */
  get senders(): readonly RTCRtpSender[] {
    return this.#connection.getSenders()
  }

  /** Returns the browser's statistics (W3C webrtc-stats). */
  getStats(): Promise<RTCStatsReport> {
    return this.#connection.getStats()
  }

  /** Closes the link at once. No callback is called after that. Local tracks are not stopped. */
  close(): void {
    if (this.isClosed) return
    this.#listening.abort()
    this.#candidates.take()
    this.#held = []
    if (!this.#describing) {
      this.#closeConnection()
      return
    }
    // The connection is closed a little later. Until then, the partner must receive nothing.
    for (const kind of this.#kinds) this.stopSending(kind)
    void this.#describing.finally(() => this.#closeConnection())
  }

  /**
   * Closes the connection. If `setLocalDescription` was called and gathering has not started, waits until
   * it starts. Otherwise Chromium 156 would never free the connection, which would count towards its limit
   * of 500.
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
        // Candidates wait only while there is a path.
        else this.#sendCandidates([])
        this.#partner?.onStateChange(connection.connectionState)
      },
      { signal },
    )
  }

  /**
   * Listens for changes of the media path, if the browser reports them (W3C WebRTC §5.6). Senders that
   * share a transport add the same listener only once.
   */
  #followPath(): void {
    const { signal } = this.#listening
    for (const { transport } of this.senders) {
      const ice: EventTarget | undefined = transport?.iceTransport
      ice?.addEventListener('selectedcandidatepairchange', this.#handlePath, { signal })
    }
  }

  /** Sends key frames, because later frames may depend on frames that were lost with the old path. */
  readonly #handlePath = (): void => {
    if (!this.#expectsPath) return
    this.#expectsPath = false
    for (const sender of this.senders) void sendKeyFrame(sender)
  }

  async #setLocalOffer(): Promise<void> {
    const connection = this.#connection
    const has = new Set(connection.getTransceivers().map(({ receiver }) => receiver.track.kind))
    // The offer also requests the kinds that this client does not send, because an answer cannot add any.
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

  /** Creates and sets an offer or an answer, depending on the signaling state (W3C WebRTC §4.4.1.5). */
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
      // Before the partner's first offer no request is needed, because the answer to it sends all local
      // tracks.
      if (remoteDescription && !this.#hasRequestedMedia) {
        this.#hasRequestedMedia = true
        partner.onOfferNeeded()
      }
      return
    }
    // An offer that is in progress serves all requests, those of the partner and those of the browser.
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
    if (this.#holdsCandidates) {
      const sdp = withoutCandidates(description.sdp)
      this.#partner?.sendSignal({ description: { type: description.type, sdp }, candidates: [] })
      return
    }
    this.#partner?.sendSignal({ description, candidates: this.#held.splice(0, maxCandidates) })
    this.#sendCandidates([])
  }

  #sendCandidates(candidates: readonly RTCIceCandidateInit[]): void {
    this.#held.push(...candidates)
    while (this.#partner && !this.#holdsCandidates && this.#held.length > 0) {
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
      // The candidate may belong to a description that was replaced meanwhile, or to an offer that was
      // ignored (W3C WebRTC §4.4.1.6, step 4.6). If not, ICE has one candidate less to try.
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
    this.#sendCandidates([])
    this.#expectsPath = connection.connectionState === 'connected'
  }

  #break(message: string, cause: unknown): void {
    // If the link is closed, the operation failed because the connection was closed. That is not an error.
    if (this.isClosed) return
    this.close()
    this.#partner?.onBroken(message, cause)
  }
}
