import { BuddyError } from '../errors.ts'
import type { PeerSignal, Sending } from '../signal.ts'
import { CandidateBatch } from './candidate-batch.ts'

/** From the match, or from a broken path, to media: longer than this and the call has failed. */
const connectTimeoutMs = 15_000

/** What a call needs and whom it tells. */
export interface PeerCallDependencies {
  /** False for the side that makes the first offer. */
  readonly isPolite: boolean
  /** Own tracks; none joins as a viewer. */
  readonly localStream: MediaStream | undefined
  /** Kinds of media this call has, whether or not there is a local track for each. */
  readonly kinds: readonly ('audio' | 'video')[]
  readonly sending: Sending
  readonly createConnection: () => RTCPeerConnection
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
  readonly sendSignal: (signal: PeerSignal) => void
  /** Once a call, when the partner's first track is there. */
  readonly onRemoteStream: (stream: MediaStream) => void
  readonly onPartnerSending: (sending: Sending) => void
  /** The path is open: at first, and again after each interruption. */
  readonly onConnected: () => void
  /** No path within 15 s, or the partner's signals make no sense. Once; the call is closed. */
  readonly onFailed: (error: BuddyError) => void
}

/**
 * One WebRTC call with one partner, by perfect negotiation (W3C WebRTC §10.7), with one
 * departure: the polite side does not offer before it has seen the first offer, so that a call
 * begins without a collision. Its tracks are in place by then and go out with the answer.
 */
export class PeerCall {
  readonly #dependencies: PeerCallDependencies
  readonly #connection: RTCPeerConnection
  readonly #candidates: CandidateBatch
  readonly #remoteStream = new MediaStream()
  readonly #listening = new AbortController()
  #makingOffer = false
  #isIgnoringOffer = false
  #sending: Sending
  /** Own state travels with the first description, and alone whenever it changes. */
  #isSendingTold = false
  #hasRemoteStream = false
  #connectTimer: number | undefined
  /** Signals are handled one after the other: a candidate must find its description applied. */
  #signals: Promise<void> = Promise.resolve()

  constructor(dependencies: PeerCallDependencies) {
    const { createConnection, setTimeout, clearTimeout, sendSignal } = dependencies
    this.#dependencies = dependencies
    this.#sending = dependencies.sending
    this.#connection = createConnection()
    this.#candidates = new CandidateBatch({
      setTimeout,
      clearTimeout,
      onBatch: (candidates) => sendSignal({ description: null, candidates, sending: null }),
    })
    this.#listen()
    this.#addMedia()
    this.#expectConnection()
  }

  get #isClosed(): boolean {
    return this.#listening.signal.aborted
  }

  /** Takes the partner's signal. Never throws: what cannot be applied ends in `onFailed`. */
  handleSignal(signal: PeerSignal): void {
    this.#signals = this.#signals.then(async () => {
      if (this.#isClosed) return
      try {
        await this.#applySignal(signal)
      } catch (cause) {
        this.#fail('the partner sent a signal that cannot be applied', cause)
      }
    })
  }

  /** Tells the partner what can be seen and heard from now on. */
  setSending(sending: Sending): void {
    this.#sending = sending
    // Before the first description is out it travels with that.
    if (!this.#isSendingTold) return
    this.#dependencies.sendSignal({ description: null, candidates: [], sending })
  }

  /**
   * Replaces the ICE servers, for the next restart; the present path stays.
   * @param configuration bundle and rtcp-mux policy must be those the connection was made with
   */
  setConfiguration(configuration: RTCConfiguration): void {
    if (!this.#isClosed) this.#connection.setConfiguration(configuration)
  }

  /** The browser's own statistics (W3C webrtc-stats). */
  getStats(): Promise<RTCStatsReport> {
    return this.#connection.getStats()
  }

  /** Ends the call at once; nothing is told after that. Local tracks stay as they are. */
  close(): void {
    if (this.#isClosed) return
    this.#listening.abort()
    this.#candidates.take()
    this.#clearConnectTimer()
    this.#connection.close()
  }

  #addMedia(): void {
    const { localStream, kinds, isPolite } = this.#dependencies
    for (const kind of kinds) {
      const track = localStream?.getTracks().find((candidate) => candidate.kind === kind)
      if (track && localStream) this.#connection.addTrack(track, localStream)
      // Only an offer can ask for media one has none of; an answer takes what it is offered.
      else if (!isPolite) this.#connection.addTransceiver(kind, { direction: 'recvonly' })
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
    connection.addEventListener('track', ({ track }) => this.#addRemoteTrack(track), { signal })
    connection.addEventListener(
      'connectionstatechange',
      () => this.#handleConnectionState(connection.connectionState),
      { signal },
    )
  }

  #handleConnectionState(state: RTCPeerConnectionState): void {
    if (state === 'connected') {
      this.#clearConnectTimer()
      this.#dependencies.onConnected()
    } else if (state === 'failed') {
      this.#expectConnection()
      this.#connection.restartIce()
    }
  }

  #addRemoteTrack(track: MediaStreamTrack): void {
    this.#remoteStream.addTrack(track)
    if (this.#hasRemoteStream) return
    this.#hasRemoteStream = true
    this.#dependencies.onRemoteStream(this.#remoteStream)
  }

  async #offer(): Promise<void> {
    const { isPolite } = this.#dependencies
    if (isPolite && !this.#connection.remoteDescription) return
    try {
      this.#makingOffer = true
      await this.#connection.setLocalDescription()
      this.#sendDescription()
    } catch (cause) {
      this.#fail('the browser could not make an offer', cause)
    } finally {
      this.#makingOffer = false
    }
  }

  #sendDescription(): void {
    const description = this.#connection.localDescription
    if (this.#isClosed || !description) return
    const { type, sdp } = description
    if (type !== 'offer' && type !== 'answer') return
    this.#dependencies.sendSignal({
      description: { type, sdp },
      candidates: this.#candidates.take(),
      sending: this.#isSendingTold ? null : this.#sending,
    })
    this.#isSendingTold = true
  }

  async #applySignal({ description, candidates, sending }: PeerSignal): Promise<void> {
    if (sending) this.#dependencies.onPartnerSending(sending)
    if (description) await this.#applyDescription(description)
    for (const candidate of candidates) {
      try {
        await this.#connection.addIceCandidate(candidate)
      } catch (error) {
        if (!this.#isIgnoringOffer && !this.#isClosed) throw error
      }
    }
  }

  async #applyDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const connection = this.#connection
    const isCollision =
      description.type === 'offer' && (this.#makingOffer || connection.signalingState !== 'stable')
    this.#isIgnoringOffer = !this.#dependencies.isPolite && isCollision
    if (this.#isIgnoringOffer) return
    await connection.setRemoteDescription(description)
    if (description.type !== 'offer' || this.#isClosed) return
    await connection.setLocalDescription()
    this.#sendDescription()
  }

  #expectConnection(): void {
    this.#connectTimer ??= this.#dependencies.setTimeout(() => {
      this.#fail(`no media path to the partner within ${connectTimeoutMs / 1000} s`)
    }, connectTimeoutMs)
  }

  #clearConnectTimer(): void {
    if (this.#connectTimer !== undefined) this.#dependencies.clearTimeout(this.#connectTimer)
    this.#connectTimer = undefined
  }

  #fail(message: string, cause?: unknown): void {
    // A closed connection rejects what was under way; that is no failure of the call.
    if (this.#isClosed) return
    this.close()
    this.#dependencies.onFailed(new BuddyError('call-failed', message, { cause }))
  }
}
