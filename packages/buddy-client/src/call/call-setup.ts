import type { MessageOf } from '@buddy-chat/protocol'
import { acceptIceServers } from '../peer/accepted-ice-servers.ts'
import type { ClientEnvironment } from '../browser-environment.ts'
import type { Cancel } from '../clock.ts'
import { BuddyError } from '../errors.ts'
import type { AddressPolicy, ResolvedOptions } from '../options.ts'
import { addressPolicy } from '../options.ts'
import type { SendingLimits } from '../peer/limit-sender.ts'
import { LinkPreparation } from '../peer/link-preparation.ts'
import { PeerLink } from '../peer/peer-link.ts'
import { toIceServers } from '../signaling/message-conversion.ts'

/** A call has its first moments to itself before the next is prepared beside it. */
const prepareNextMs = 1500

interface CallSetupDependencies {
  readonly environment: ClientEnvironment
  readonly localStream: () => MediaStream | undefined
  /** The browser refuses these ICE URLs of the server; calls go without them. Once for each URL. */
  readonly onIceUrlsRefused: (urls: readonly string[]) => void
}

const hasRelay = (iceServers: readonly RTCIceServer[]): boolean =>
  iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/i.test(url)))

/** What of a room is needed to send another track. */
interface TrackSender {
  replaceTrack(track: MediaStreamTrack): Promise<void>
}

/** What peer connections are made of at present, and the next of them, made in advance. */
export class CallSetup {
  readonly preparation = new LinkPreparation(() =>
    this.#dependencies.environment.preparesCalls ? this.createLink() : undefined,
  )
  readonly #dependencies: CallSetupDependencies
  #options: ResolvedOptions | undefined
  #iceServers: RTCIceServer[] = []
  readonly #refusedUrls = new Set<string>()
  #cancel: Cancel | undefined
  #limits: SendingLimits = { maxBitrateKbps: Infinity, isLowData: false }

  constructor(dependencies: CallSetupDependencies) {
    this.#dependencies = dependencies
  }

  /** Makes the next call's link and offer, once the present one has had a moment to itself. */
  prepareSoon(): void {
    const { clock } = this.#dependencies.environment
    this.cancelPreparing()
    this.#cancel = clock.after(prepareNextMs, () => this.preparation.prepareOffer())
  }

  /** Keeps a link that can answer whoever comes. Text mode has none: it never shows an address. */
  prepareAnswer(): void {
    if (this.#options?.mode !== 'text') this.preparation.prepareAnswer()
  }

  cancelPreparing(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /**
   * For a run that begins: what was prepared for an earlier one is let go.
   * @throws BuddyError `webrtc-unavailable` where the mode has calls and the browser none
   */
  begin(options: ResolvedOptions): void {
    // Found out in a call, it would be the partner's disappointment too.
    if (options.mode !== 'text' && !this.#dependencies.environment.hasWebRtc()) {
      throw new BuddyError('webrtc-unavailable', 'WebRTC is switched off in this browser')
    }
    this.preparation.discard()
    this.#options = options
    this.#limits = { maxBitrateKbps: options.maxBitrateKbps, isLowData: options.lowData }
  }

  /** What calls may send. */
  get limits(): SendingLimits {
    return this.#limits
  }

  /** Returns the limits from now on. */
  setLowData(isLowData: boolean): SendingLimits {
    this.#limits = { ...this.#limits, isLowData }
    return this.#limits
  }

  /** When partners may learn one's address. */
  get addressPolicy(): AddressPolicy {
    return this.#options ? addressPolicy(this.#options) : 'never'
  }

  /** Why no call can come about with the ICE servers there are: asked to hide, nothing to hide behind. */
  get refusal(): BuddyError | undefined {
    const needsRelay = this.#options?.mode !== 'text' && this.addressPolicy !== 'at-once'
    if (!needsRelay || hasRelay(this.#iceServers)) return undefined
    const message = 'hiding one’s address needs a TURN server, and there is none'
    return new BuddyError('relay-unavailable', message)
  }

  /** Takes ICE servers from the wire, for calls to come; one that runs takes its `configuration` anew. */
  setIceServers(iceServers: MessageOf<'ice-servers'>['iceServers'], isInCall: boolean): void {
    this.#iceServers = this.#accept(toIceServers(iceServers))
    this.handleStale(isInCall)
  }

  #accept(iceServers: RTCIceServer[]): RTCIceServer[] {
    const { environment, onIceUrlsRefused } = this.#dependencies
    // Text mode opens no connection, not even to try one.
    if (this.#options?.mode === 'text') return iceServers
    const { accepted, refused } = acceptIceServers(iceServers, environment.createConnection)
    const unreported = refused.filter((url) => !this.#refusedUrls.has(url))
    for (const url of unreported) this.#refusedUrls.add(url)
    if (unreported.length > 0) onIceUrlsRefused(unreported)
    return accepted
  }

  /** What is prepared fits no longer: it is made anew, in a while where a call has other things to do now. */
  handleStale(isInCall: boolean): void {
    if (!this.preparation.handleStale()) return
    if (isInCall) this.prepareSoon()
    else this.preparation.prepareOffer()
  }

  /**
   * Sends `track` in place of another of its kind, in the call there is and in the next.
   * @throws BuddyError (as a rejection) `media-failed` where the browser refuses
   */
  async replaceTrack(track: MediaStreamTrack, room: TrackSender | undefined): Promise<void> {
    try {
      await Promise.all([room?.replaceTrack(track), this.preparation.replaceTrack(track)])
    } catch (cause) {
      throw new BuddyError('media-failed', 'the browser does not send this device', { cause })
    }
  }

  /**
   * @param isTrusted whether the partner may have one's address; one who is not there yet may not
   * @throws what the browser's RTCPeerConnection throws on construction
   */
  createLink(isTrusted = false): PeerLink {
    const { environment, localStream } = this.#dependencies
    return new PeerLink({
      createConnection: () => environment.createConnection(this.configuration(isTrusted)),
      localStream: localStream(),
      kinds: this.#options?.mode === 'audio' ? ['audio'] : ['audio', 'video'],
      codecs: this.#options?.codecs ?? [],
      clock: environment.clock,
    })
  }

  /** What a peer connection is to be made with, or to go on with, at present. */
  configuration(isTrusted: boolean): RTCConfiguration {
    const policy = this.addressPolicy
    const isOpen = policy === 'at-once' || (policy === 'once-trusted' && isTrusted)
    return {
      iceServers: this.#iceServers,
      // With `relay` no address of one's own ever leaves the browser (W3C WebRTC §4.2.5).
      iceTransportPolicy: isOpen ? 'all' : 'relay',
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    }
  }
}
