import type { MessageOf, Mode } from '@buddy-chat/protocol'
import { BuddyError } from '../errors.ts'
import type { AddressPolicy, ResolvedOptions } from '../options.ts'
import { addressPolicy } from '../options.ts'
import { acceptIceServers } from '../peer/accepted-ice-servers.ts'
import type { SendingLimits } from '../peer/limit-sender.ts'
import { PeerLink } from '../peer/peer-link.ts'
import { toIceServers } from '../signaling/message-conversion.ts'
import type { CallEnvironment } from './call-environment.ts'
import type { OutgoingMedia } from './outgoing-media.ts'

interface CallSetupDependencies {
  readonly environment: CallEnvironment
  readonly outgoing: OutgoingMedia
  /** Called with the ICE URLs that this browser rejects, once for each URL. Calls do not use these URLs. */
  readonly onIceUrlsRefused: (urls: readonly string[]) => void
}

const hasRelay = (iceServers: readonly RTCIceServer[]): boolean =>
  iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/i.test(url)))

/** Creates links (peer connections) from the options, the ICE servers, the limits and the local stream. */
export class CallSetup {
  readonly #dependencies: CallSetupDependencies
  #options: ResolvedOptions | undefined
  #iceServers: RTCIceServer[] = []
  readonly #refusedUrls = new Set<string>()
  #limits: SendingLimits = { maxBitrateKbps: Infinity, isLowData: false }

  constructor(dependencies: CallSetupDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Applies the options of a new run.
   * @throws BuddyError `webrtc-unavailable` if the mode needs WebRTC and the browser has none
   */
  begin(options: ResolvedOptions): void {
    // This check comes before the search, because a call that fails would also fail for the partner.
    if (options.mode !== 'text' && !this.#dependencies.environment.hasWebRtc()) {
      throw new BuddyError('webrtc-unavailable', 'WebRTC is switched off in this browser')
    }
    this.#options = options
    this.#limits = { maxBitrateKbps: options.maxBitrateKbps, isLowData: options.lowData }
  }

  get mode(): Mode {
    return this.#options?.mode ?? 'text'
  }

  /** The limits for sent media. */
  get limits(): SendingLimits {
    return this.#limits
  }

  /** Turns the low-data limits on or off. Returns the new limits. */
  setLowData(isLowData: boolean): SendingLimits {
    this.#limits = { ...this.#limits, isLowData }
    return this.#limits
  }

  /** When partners may learn the user's IP address. */
  get addressPolicy(): AddressPolicy {
    return this.#options ? addressPolicy(this.#options) : 'never'
  }

  /**
   * The error `relay-unavailable` if the options require a relay and the server named no TURN server.
   * Undefined if calls are possible.
   */
  get refusal(): BuddyError | undefined {
    const needsRelay = this.mode !== 'text' && this.addressPolicy !== 'at-once'
    if (!needsRelay || hasRelay(this.#iceServers)) return undefined
    const message = 'relayOnly and relayUntilTrusted need a TURN server, and the server names none'
    return new BuddyError('relay-unavailable', message)
  }

  /** Replaces the ICE servers by those of a message, except for the URLs that this browser rejects. */
  setIceServers(iceServers: MessageOf<'ice-servers'>['iceServers']): void {
    this.#iceServers = this.#accept(toIceServers(iceServers))
  }

  #accept(iceServers: RTCIceServer[]): RTCIceServer[] {
    const { environment, onIceUrlsRefused } = this.#dependencies
    // In text mode the client creates no peer connection, not even to test a URL.
    if (this.mode === 'text') return iceServers
    const { accepted, refused } = acceptIceServers(iceServers, environment.createConnection)
    const unreported = refused.filter((url) => !this.#refusedUrls.has(url))
    for (const url of unreported) this.#refusedUrls.add(url)
    if (unreported.length > 0) onIceUrlsRefused(unreported)
    return accepted
  }

  /**
   * Creates a link for a call.
   * @param isTrusted whether the partner may learn the user's address; false before there is a partner
   * @param isRevealed whether the partner may see the user's clear picture; false before there is a partner
   * @throws what the browser's RTCPeerConnection throws on construction
   */
  createLink(isTrusted = false, isRevealed = false): PeerLink {
    const { environment, outgoing } = this.#dependencies
    return new PeerLink({
      createConnection: () => environment.createConnection(this.configuration(isTrusted)),
      localStream: outgoing.stream(isRevealed),
      kinds: this.mode === 'audio' ? ['audio'] : ['audio', 'video'],
      codecs: this.#options?.codecs ?? [],
      clock: environment.clock,
    })
  }

  /** Returns the present configuration, for a new peer connection or for an existing one. */
  configuration(isTrusted: boolean): RTCConfiguration {
    const policy = this.addressPolicy
    const isOpen = policy === 'at-once' || (policy === 'once-trusted' && isTrusted)
    return {
      iceServers: this.#iceServers,
      // With `relay` the browser does not send the user's address (W3C WebRTC §4.2.5).
      iceTransportPolicy: isOpen ? 'all' : 'relay',
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    }
  }
}
