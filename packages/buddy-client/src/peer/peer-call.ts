import { BuddyError } from '../errors.ts'
import { PacedAction } from './pace.ts'
import type { PeerSignal, Sending } from '../signal.ts'
import { isSameSending } from '../signal.ts'
import { compareTotals, readTotals } from './call-stats.ts'
import type { SendingLimits } from './limit-sender.ts'
import type { PartnerBudget } from './partner-budget.ts'
import { createPartnerBudget } from './partner-budget.ts'
import { PartnerSending } from './partner-sending.ts'
import type { PeerLink } from './peer-link.ts'
import type { CallQuality } from './quality-monitor.ts'
import { QualityMonitor } from './quality-monitor.ts'
import type { RecoveryStep } from './recovery.ts'
import { Recovery } from './recovery.ts'

/** A path that is alive brings something in every such time, also of somebody mute and hidden. */
const probeMs = 1000

/** Longer than a restart is waited for. */
const maxProbes = 10

/** A partner's client that asks for more new connections than this without one coming about is broken. */
const maxRebuilds = 5

/** What a signal can say; a call that has been connected anew so often has been through enough. */
const maxGeneration = 255

/** What a call needs and whom it tells. */
export interface PeerCallDependencies {
  /** False for the side that makes the first offer. */
  readonly isPolite: boolean
  /** The link's offer has reached the partner with the match. */
  readonly isOffered: boolean
  /** The number of the first link; both begin with 0 unless one of them has lost its first. */
  readonly generation: number
  /** The first link, maybe with an offer made before there was a partner. */
  readonly link: PeerLink
  readonly createLink: () => PeerLink
  readonly sending: Sending
  /** How much may be sent. */
  readonly limits: SendingLimits
  readonly isHidden: () => boolean
  /** What the partner was told of that, with the offer; null: nothing yet. */
  readonly toldSending: Sending | null
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
  /** Milliseconds by a clock that never goes back. */
  readonly monotonicNow: () => number
  readonly sendSignal: (signal: PeerSignal) => void
  /** Once a call, when the partner's first track is there. */
  readonly onRemoteStream: (stream: MediaStream) => void
  /** After a change; of changes in quick succession only the latest. */
  readonly onPartnerSending: (sending: Sending) => void
  /** Every 2 s while there is a path and the page is looked at. */
  readonly onQuality: (quality: CallQuality) => void
  /** What is being done about the path; `none`: it is open, at first and after each interruption. */
  readonly onStep: (step: RecoveryStep) => void
  /** No path could be found, or the partner's signals make no sense. Once; the call is closed. */
  readonly onFailed: (error: BuddyError) => void
}

/**
 * The media between two people in one room: one peer connection, and where that cannot be saved
 * another, and so on. Each has a number, its generation, by which the two agree on which it is about.
 */
export class PeerCall {
  readonly #dependencies: PeerCallDependencies
  readonly #remoteStream = new MediaStream()
  readonly #recovery: Recovery
  readonly #monitor: QualityMonitor
  readonly #budget: PartnerBudget
  readonly #restart: PacedAction
  readonly #partnerSending: PartnerSending
  #link: PeerLink
  #generation: number
  #sending: Sending
  /** Own state travels with the first description, and alone whenever it changes. */
  #toldSending: Sending | null
  #hasRemoteStream = false
  /** New connections that the partner has asked for since there was a path. */
  #rebuilds = 0
  #probe: number | undefined
  #isClosed = false

  constructor(dependencies: PeerCallDependencies) {
    const { link, isOffered, sending, toldSending, onStep } = dependencies
    this.#dependencies = dependencies
    this.#sending = sending
    this.#toldSending = isOffered ? toldSending : null
    this.#link = link
    this.#generation = dependencies.generation
    const { setTimeout, clearTimeout } = dependencies
    this.#budget = createPartnerBudget(dependencies.monotonicNow)
    this.#restart = new PacedAction({
      pace: this.#budget.restarts,
      setTimeout,
      clearTimeout,
      run: () => {
        // One that is under way gathers at the partner's too, as things are there when it answers.
        if (!this.#link.isRestarting) this.#link.restartIce()
      },
    })
    this.#partnerSending = new PartnerSending({
      pace: this.#budget.changes,
      setTimeout,
      clearTimeout,
      onChange: dependencies.onPartnerSending,
    })
    this.#monitor = new QualityMonitor({
      setTimeout,
      clearTimeout,
      getStats: () => this.#link.getStats(),
      senders: () => this.#link.senders,
      limits: dependencies.limits,
      isHidden: dependencies.isHidden,
      onQuality: dependencies.onQuality,
    })
    this.#recovery = new Recovery({
      setTimeout,
      clearTimeout,
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
    if (this.#toldSending) this.#tellSending()
  }

  /** Takes the partner's signal. Never throws: what cannot be applied ends in `onFailed`. */
  handleSignal(signal: PeerSignal): void {
    if (this.#isClosed) return
    const generation = signal.generation ?? 0
    if (signal.sending) this.#partnerSending.handle(signal.sending)
    // Of a connection that is no more.
    if (generation < this.#generation) return
    if (generation > this.#generation) {
      if (++this.#rebuilds > maxRebuilds || this.#budget.rebuilds.reserve() > 0) {
        this.#fail('the partner asks for ever new connections')
        return
      }
      this.#replaceLink(generation)
      this.#recovery.handleRebuild()
    } else if (isRequest(signal) && !this.#dependencies.isPolite && !this.#link.isRestarting) {
      this.#restart.request()
    }
    this.#link.handleSignal(signal)
  }

  /** Tells the partner what can be seen and heard from now on. */
  setSending(sending: Sending): void {
    this.#sending = sending
    // Before the first description is out it travels with that.
    if (this.#toldSending) this.#tellSending()
  }

  /** Whether signals reach the partner at present. */
  setReachable(isReachable: boolean): void {
    this.#recovery.setReachable(isReachable)
  }

  /**
   * Signals reach the partner again after a loss, and the path may be lost for the same reason: it is
   * given up as soon as nothing comes by it, without waiting for the browser to notice.
   */
  handleReachable(): void {
    void this.#probePath()
  }

  /** The machine has another network. */
  handleNetworkChange(): void {
    this.#recovery.handleNetworkChange()
    void this.#probePath()
  }

  /** See {@link PeerLink.setConfiguration}. */
  setConfiguration(configuration: RTCConfiguration): void {
    this.#link.setConfiguration(configuration)
  }

  /** May go other ways from now on: they are tried beside the present one, which is used meanwhile. */
  lookForBetterPath(configuration: RTCConfiguration): void {
    this.setConfiguration(configuration)
    // The other side does the same, and it is the impolite one that makes offers.
    if (!this.#dependencies.isPolite) this.#link.restartIce()
  }

  /** Sends `track` from now on; without a negotiation where it replaces one of its kind. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    const link = this.#link
    if (!(await link.replaceTrack(track))) link.addTrack(track)
    this.#monitor.limitSenders()
  }

  /** Changes what may be sent, at once and without a negotiation. */
  setLimits(limits: SendingLimits): void {
    this.#monitor.setLimits(limits)
  }

  /** The browser's own statistics (W3C webrtc-stats). */
  getStats(): Promise<RTCStatsReport> {
    return this.#link.getStats()
  }

  /** Ends the call at once; nothing is told after that. Local tracks stay as they are. */
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
   * Looks whether anything comes by the path, reports included; again and again while a restart looks
   * for another.
   */
  async #probePath(probesLeft = maxProbes): Promise<void> {
    const link = this.#link
    const before = readTotals(await link.getStats())
    // What comes before the partner's answer may come by the path of before.
    const { isConnected } = link
    if (this.#isClosed || link !== this.#link) return
    this.#endProbe()
    this.#probe = this.#dependencies.setTimeout(() => {
      void link.getStats().then((after) => {
        if (this.#isClosed || link !== this.#link) return
        const { isSilent } = compareTotals(before, readTotals(after)) ?? {}
        const recovery = this.#recovery
        if (isSilent) recovery.handleSilence(link.isRestarting)
        const isRestarting = recovery.step === 'restarting' || link.isRestarting
        if (isConnected && link.isConnected && isSilent === false) recovery.handlePath()
        else if (isRestarting && probesLeft > 1) void this.#probePath(probesLeft - 1)
      })
    }, probeMs)
  }

  #endProbe(): void {
    if (this.#probe !== undefined) this.#dependencies.clearTimeout(this.#probe)
  }

  #attach(isOffered: boolean): void {
    const { isPolite } = this.#dependencies
    const link = this.#link
    // Before anything is sent: a change in the first moments would cost a picture.
    this.#monitor.limitSenders()
    link.attach({
      isPolite,
      isOffered,
      budget: this.#budget,
      sendSignal: ({ description, candidates }) => {
        const isTelling = description !== null && !isSameSending(this.#toldSending, this.#sending)
        if (isTelling) this.#toldSending = this.#sending
        this.#send({ description, candidates, sending: isTelling ? this.#sending : null })
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
    // The impolite side's offer says so; the polite side has to ask for one.
    if (this.#dependencies.isPolite) this.#link.restartIce()
  }

  #replaceLink(generation: number): void {
    this.#generation = generation
    this.#link.close()
    try {
      this.#link = this.#dependencies.createLink()
    } catch (cause) {
      this.#fail('the browser opens no further peer connection', cause)
      return
    }
    this.#attach(false)
  }

  #send(signal: Omit<PeerSignal, 'generation'>): void {
    this.#dependencies.sendSignal({ ...signal, generation: this.#generation || null })
  }

  #tellSending(): void {
    if (isSameSending(this.#toldSending, this.#sending)) return
    this.#toldSending = this.#sending
    this.#send({ description: null, candidates: [], sending: this.#sending })
  }

  /** One stream for the whole call: a new connection's tracks take the place of the old one's. */
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

/** A signal that has nothing but its generation asks for an offer. */
const isRequest = ({ description, candidates, sending }: PeerSignal): boolean =>
  !description && candidates.length === 0 && !sending
