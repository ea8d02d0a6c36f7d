import type { Cancel, Clock } from '../clock.ts'
import { BuddyError } from '../errors.ts'
import { PacedAction } from './pace.ts'
import type { Sending } from '../sending.ts'
import type { PeerSignal } from '../signal.ts'
import { isSameSending } from '../sending.ts'
import { compareTotals, readTotals } from './call-stats.ts'
import type { SendingLimits } from './limit-sender.ts'
import type { PartnerRates } from './partner-limits.ts'
import { createPartnerRates } from './partner-limits.ts'
import { PartnerSending } from './partner-sending.ts'
import type { PeerLink } from './peer-link.ts'
import type { CallQuality } from './quality-monitor.ts'
import { QualityMonitor } from './quality-monitor.ts'
import type { RecoveryStep } from './recovery.ts'
import { Recovery } from './recovery.ts'

/** The time within which something arrives on a working path, even if the partner has muted everything. */
const probeMs = 1000

/** The most tests of the path in a row. Together they last longer than an ICE restart may take. */
const maxProbes = 10

/** The most new connections that the partner may request before there is a media path. */
const maxRebuilds = 5

/** The protocol's maximum for the `generation` of a signal. */
const maxGeneration = 255

/** The initial values of a call, and its callbacks. */
export interface PeerCallDependencies {
  /** False for the client that makes the offers. */
  readonly isPolite: boolean
  /** Whether the server has passed the link's offer to the partner. */
  readonly isOffered: boolean
  /** The number of the first link. It is 0, or 1 if the link whose offer was sent is gone. */
  readonly generation: number
  /** The first link. It may have made an offer before there was a partner. */
  readonly link: PeerLink
  readonly createLink: () => PeerLink
  readonly sending: Sending
  /** The limits for sent media. */
  readonly limits: SendingLimits
  readonly isHidden: () => boolean
  /** The `sending` state that was sent with the prepared offer; null if none was sent. */
  readonly announcedSending: Sending | null
  readonly clock: Clock
  readonly sendSignal: (signal: PeerSignal) => void
  /** Called once, when the partner's first track has arrived. */
  readonly onRemoteStream: (stream: MediaStream) => void
  /** Called when the partner's `sending` state has changed, at a limited rate. */
  readonly onPartnerSending: (sending: Sending) => void
  /** Called every 2 s while there is a media path and the page is visible. */
  readonly onQuality: (quality: CallQuality) => void
  /** Called after each change of step. The step is `none` when media flows, at first or again. */
  readonly onStep: (step: RecoveryStep) => void
  /** Called once if no path was found or the partner's signals are invalid. The call is then closed. */
  readonly onFailed: (error: BuddyError) => void
}

/**
 * Exchanges the media of the two users in a room. Uses one peer connection, and replaces it by a new one if
 * an ICE restart cannot restore the media path. The connections of a room are numbered. The `generation` of
 * a signal is the number of the connection that it belongs to.
 */
export class PeerCall {
  readonly #dependencies: PeerCallDependencies
  readonly #remoteStream = new MediaStream()
  readonly #recovery: Recovery
  readonly #monitor: QualityMonitor
  readonly #budget: PartnerRates
  readonly #restart: PacedAction
  readonly #partnerSending: PartnerSending
  #link: PeerLink
  #generation: number
  #sending: Sending
  /**
   * The latest `sending` state that was sent to the partner. The first one is sent with a description,
   * later ones alone.
   */
  #announcedSending: Sending | null
  #hasRemoteStream = false
  /** How many new connections the partner has requested since there was last a media path. */
  #rebuilds = 0
  #cancelProbe: Cancel | undefined
  #isClosed = false

  constructor(dependencies: PeerCallDependencies) {
    const { link, isOffered, sending, announcedSending, onStep } = dependencies
    this.#dependencies = dependencies
    this.#sending = sending
    this.#announcedSending = isOffered ? announcedSending : null
    this.#link = link
    this.#generation = dependencies.generation
    const { clock } = dependencies
    this.#budget = createPartnerRates(clock)
    this.#restart = new PacedAction({
      pace: this.#budget.restarts,
      clock,
      run: () => {
        // A restart in progress is enough, because the partner also gathers candidates when it answers.
        if (!this.#link.isRestarting) this.#link.restartIce()
      },
    })
    this.#partnerSending = new PartnerSending({
      pace: this.#budget.changes,
      clock,
      onChange: dependencies.onPartnerSending,
    })
    this.#monitor = new QualityMonitor({
      clock,
      getStats: () => this.#link.getStats(),
      senders: () => this.#link.senders,
      limits: dependencies.limits,
      isHidden: dependencies.isHidden,
      onQuality: dependencies.onQuality,
    })
    this.#recovery = new Recovery({
      clock,
      restart: () => this.#link.restartIce(),
      rebuild: () => this.#rebuild(this.#generation + 1),
      giveUp: () => this.#fail('no media path to the partner'),
      onStep: (step) => {
        if (step === 'none') {
          this.#rebuilds = 0
          this.#monitor.start()
        } else this.#monitor.stop()
        if (step === 'restarting') void this.#probePath()
        onStep(step)
      },
    })
    this.#attach(isOffered)
    if (this.#announcedSending) this.#announceSending()
  }

  /** Handles a signal from the partner. Never throws. If the signal cannot be applied, calls `onFailed`. */
  handleSignal(signal: PeerSignal): void {
    if (this.#isClosed) return
    const generation = signal.generation ?? 0
    if (signal.sending) this.#partnerSending.handle(signal.sending)
    // The signal belongs to a connection that was replaced since, so it is dropped.
    if (generation < this.#generation) return
    if (generation > this.#generation) {
      if (++this.#rebuilds > maxRebuilds || this.#budget.rebuilds.reserve() > 0) {
        this.#fail('the partner requested too many new connections')
        return
      }
      this.#replaceLink(generation)
      this.#recovery.handleRebuild()
    } else if (isRequest(signal) && !this.#dependencies.isPolite && !this.#link.isRestarting) {
      this.#restart.request()
    }
    this.#link.handleSignal(signal)
  }

  /** Sets the local `sending` state, and informs the partner. */
  setSending(sending: Sending): void {
    this.#sending = sending
    // If no description was sent yet, the state will be sent with the first one.
    if (this.#announcedSending) this.#announceSending()
  }

  /** Sets whether signals reach the partner. */
  setReachable(isReachable: boolean): void {
    this.#recovery.setReachable(isReachable)
  }

  /**
   * Call when signals reach the partner again. Tests the media path, which may have been lost together with
   * the connection to the server. If so, restores the path without waiting for the browser to report the
   * loss.
   */
  handleReachable(): void {
    void this.#probePath()
  }

  /** Call when the machine has changed networks. */
  handleNetworkChange(): void {
    this.#recovery.handleNetworkChange()
    void this.#probePath()
  }

  /** See {@link PeerLink.setConfiguration}. */
  setConfiguration(configuration: RTCConfiguration): void {
    this.#link.setConfiguration(configuration)
  }

  /** Looks for a media path with this configuration. Media uses the present path meanwhile. */
  lookForBetterPath(configuration: RTCConfiguration): void {
    this.setConfiguration(configuration)
    // Both clients call this method, but only the impolite one makes the offer that restarts ICE.
    if (!this.#dependencies.isPolite) this.#link.restartIce()
  }

  /** Sends `track` in place of the track of its kind. Needs a negotiation only if there was none before. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    const link = this.#link
    // Both happen in this turn, because a track may not be added after the user has withdrawn it.
    if (link.sends(track.kind)) await link.replaceTrack(track)
    else link.addTrack(track)
    this.#monitor.limitSenders()
  }

  /** Sends nothing of this kind until `replaceTrack` is called. */
  stopSending(kind: string): void {
    this.#link.stopSending(kind)
  }

  /** Changes the limits for sent media, at once and without a negotiation. */
  setLimits(limits: SendingLimits): void {
    this.#monitor.setLimits(limits)
  }

  /** Returns the browser's statistics of the present peer connection (W3C webrtc-stats). */
  getStats(): Promise<RTCStatsReport> {
    return this.#link.getStats()
  }

  /** Ends the call at once. No callback is called after that. Local tracks are not stopped. */
  close(): void {
    this.#isClosed = true
    this.#endProbe()
    this.#restart.close()
    this.#partnerSending.close()
    this.#monitor.stop()
    this.#recovery.close()
    this.#link.close()
  }

  /**
   * Tests whether anything arrives on the media path (RTCP reports count too). Repeats the test during
   * an ICE restart.
   */
  async #probePath(probesLeft = maxProbes): Promise<void> {
    const link = this.#link
    const before = readTotals(await link.getStats())
    // Until the partner's answer arrives, media may still arrive on the old path. It must not end the
    // restart.
    const { isConnected } = link
    if (this.#isClosed || link !== this.#link) return
    this.#endProbe()
    this.#cancelProbe = this.#dependencies.clock.after(probeMs, () => {
      void link.getStats().then((after) => {
        if (this.#isClosed || link !== this.#link) return
        const { isSilent } = compareTotals(before, readTotals(after)) ?? {}
        const recovery = this.#recovery
        if (isSilent) recovery.handleSilence(link.isRestarting)
        const isRestarting = recovery.step === 'restarting' || link.isRestarting
        if (isConnected && link.isConnected && isSilent === false) recovery.handlePath()
        else if (isRestarting && probesLeft > 1) void this.#probePath(probesLeft - 1)
      })
    })
  }

  #endProbe(): void {
    this.#cancelProbe?.()
  }

  #attach(isOffered: boolean): void {
    const { isPolite } = this.#dependencies
    const link = this.#link
    // The limits are set before media is sent, because a change at the beginning would cost video frames.
    this.#monitor.limitSenders()
    link.attach({
      isPolite,
      isOffered,
      budget: this.#budget,
      sendSignal: ({ description, candidates }) => {
        const isChanged =
          description !== null && !isSameSending(this.#announcedSending, this.#sending)
        if (isChanged) this.#announcedSending = this.#sending
        this.#send({ description, candidates, sending: isChanged ? this.#sending : null })
      },
      onOfferNeeded: () => this.#send({ description: null, candidates: [], sending: null }),
      onTrack: (track) => this.#addRemoteTrack(track),
      onStateChange: (state) => this.#recovery.handleState(state),
      onBroken: (message, cause) => this.#fail(message, cause),
    })
  }

  #rebuild(generation: number): void {
    if (generation > maxGeneration || this.#budget.rebuilds.reserve() > 0) {
      this.#fail('no media path to the partner')
      return
    }
    this.#replaceLink(generation)
    // On the impolite side, the new link makes an offer. The polite side has to request an offer.
    if (this.#dependencies.isPolite) this.#link.restartIce()
  }

  #replaceLink(generation: number): void {
    this.#generation = generation
    this.#link.close()
    try {
      this.#link = this.#dependencies.createLink()
    } catch (cause) {
      this.#fail('the browser could not create another peer connection', cause)
      return
    }
    this.#attach(false)
  }

  #send(signal: Omit<PeerSignal, 'generation'>): void {
    this.#dependencies.sendSignal({ ...signal, generation: this.#generation || null })
  }

  #announceSending(): void {
    if (isSameSending(this.#announcedSending, this.#sending)) return
    this.#announcedSending = this.#sending
    this.#send({ description: null, candidates: [], sending: this.#sending })
  }

  /**
   * Adds a track of the partner. The call has one stream, in which new tracks replace those of their kind.
   */
  #addRemoteTrack(track: MediaStreamTrack): void {
    for (const old of this.#remoteStream.getTracks()) {
      if (old.kind === track.kind) this.#remoteStream.removeTrack(old)
    }
    this.#remoteStream.addTrack(track)
    if (this.#hasRemoteStream) return
    this.#hasRemoteStream = true
    this.#dependencies.onRemoteStream(this.#remoteStream)
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#isClosed) return
    this.close()
    this.#dependencies.onFailed(new BuddyError('call-failed', message, { cause }))
  }
}

/** Returns whether a signal requests an offer. Such a signal is empty except for its generation. */
const isRequest = ({ description, candidates, sending }: PeerSignal): boolean =>
  !description && candidates.length === 0 && !sending
