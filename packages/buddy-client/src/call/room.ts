import type { ClientMessage, MessageOf } from '@buddy-chat/protocol'
import type { Emitter } from '../emitter.ts'
import type { BuddyError } from '../errors.ts'
import { serverUnreachable } from '../errors.ts'
import type { ClientEvents, Partner } from '../events.ts'
import type { SendingLimits } from '../peer/limit-sender.ts'
import { PeerCall } from '../peer/peer-call.ts'
import type { PeerLink } from '../peer/peer-link.ts'
import type { RecoveryStep } from '../peer/recovery.ts'
import type { Sending } from '../sending.ts'
import { asReceived } from '../signaling/as-received.ts'
import { toSignal } from '../signaling/message-conversion.ts'
import type { CallEnvironment } from './call-environment.ts'
import type { CallSetup } from './call-setup.ts'
import { MutualTrust } from './mutual-trust.ts'
import { TypingSignal } from './typing-signal.ts'

/** What a room reports to the client. */
export interface RoomCallbacks {
  /** Called when media flows, also after each interruption. In text mode called at once. */
  readonly onConnected: () => void
  /** Called when the media path is lost. The connection to the server may be lost for the same reason. */
  readonly onInterrupted: () => void
  /** Called once if there is no media path to this partner, or none any more. The call is then closed. */
  readonly onFailed: (error: BuddyError) => void
}

interface RoomDependencies extends RoomCallbacks {
  readonly matched: MessageOf<'matched'>
  readonly setup: CallSetup
  /** See `LinkPreparation.take`. */
  readonly takeLink: (role: 'offered' | 'any') => PeerLink | undefined
  readonly sending: Sending
  /** The `sending` state that was sent with the offer of the ticket; null if none was sent. */
  readonly announcedSending: Sending | null
  readonly environment: CallEnvironment
  readonly events: Emitter<ClientEvents>
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
}

/** The user and one partner, while they are matched: call, text, typing and trust. */
export class Room {
  readonly partner: Partner
  readonly #dependencies: RoomDependencies
  readonly #typing: TypingSignal
  readonly #trust: MutualTrust
  #call: PeerCall | undefined
  #remoteStream: MediaStream | undefined
  #isClosed = false
  #hasConnected = false
  #isInterrupted = false
  readonly #reachable = { server: true, partner: true }

  constructor(dependencies: RoomDependencies) {
    const { matched, environment, events, setup, send } = dependencies
    this.#dependencies = dependencies
    this.partner = { name: matched.partnerName, room: matched.room }
    this.#typing = new TypingSignal({
      clock: environment.clock,
      onChange: (isTyping) => send({ type: 'typing', isTyping }),
    })
    this.#trust = new MutualTrust({
      policy: setup.addressPolicy,
      sendTrust: () => send({ type: 'trust' }),
      onChange: (trust) => events.emit('trust', trust),
      onMutual: () => this.#call?.lookForBetterPath(this.#configuration),
    })
  }

  /** Whether media has ever flowed in this room. */
  get hasConnected(): boolean {
    return this.#hasConnected
  }

  /** Whether media flowed before and does not at present. */
  get isInterrupted(): boolean {
    return this.#isInterrupted
  }

  /** Whether a server that has restarted can restore this room. */
  get isRestorable(): boolean {
    return this.#dependencies.matched.roomToken !== null
  }

  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream
  }

  /**
   * Starts the call, if the mode has one.
   * @throws what the browser's RTCPeerConnection throws on construction
   */
  open(): void {
    const { setup, onConnected } = this.#dependencies
    if (this.#isClosed) return
    this.#trust.begin()
    if (setup.mode === 'text') onConnected()
    else this.#call = this.#createCall()
    // If the link failed at once, the room was closed before `#call` was set.
    if (this.#isClosed) this.#call?.close()
  }

  /** Takes a message of the partner. The channel has validated it; the server has not decoded it. */
  handleMessage(message: MessageOf<'signal' | 'text' | 'typing' | 'trust'>): void {
    const { events } = this.#dependencies
    switch (message.type) {
      case 'signal':
        this.#call?.handleSignal(message)
        return
      case 'trust':
        this.#trust.handlePartner()
        return
      case 'typing':
        events.emit('typing', { isTyping: message.isTyping })
        return
      case 'text':
        events.emit('typing', { isTyping: false })
        events.emit('message', { text: message.text, from: 'partner' })
    }
  }

  /** @throws BuddyError `invalid-text`, `server-unreachable` */
  send(text: string): void {
    const { send, events } = this.#dependencies
    // Both ends show the same text, even if UTF-8 cannot encode all of it (lone surrogates).
    const message = asReceived({ type: 'text', text }, 'invalid-text')
    if (!send(message)) throw serverUnreachable()
    // No `typing: false` is sent: the partner's client ends the typing state when the text arrives.
    this.#typing.reset()
    events.emit('message', { text: message.text, from: 'self' })
  }

  /** @throws BuddyError `server-unreachable` */
  trust(): void {
    if (!this.#trust.give()) throw serverUnreachable()
  }

  notifyTyping(): void {
    this.#typing.notify()
  }

  /** Called when the ICE servers have changed: the next ICE restart uses the new ones. */
  handleIceServers(): void {
    this.#call?.setConfiguration(this.#configuration)
  }

  /** Signals reach the partner only while both clients are connected to the server. */
  setReachable(end: 'server' | 'partner', isReachable: boolean): void {
    this.#reachable[end] = isReachable
    this.#call?.setReachable(this.#reachable.server && this.#reachable.partner)
    if (this.#reachable.server && this.#reachable.partner) this.#call?.handleReachable()
  }

  handleNetworkChange(): void {
    this.#call?.handleNetworkChange()
  }

  /** See `PeerCall.replaceTrack`. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    await this.#call?.replaceTrack(track)
  }

  setSending(sending: Sending): void {
    this.#call?.setSending(sending)
  }

  /** See `PeerCall.setLimits`. */
  setLimits(limits: SendingLimits): void {
    this.#call?.setLimits(limits)
  }

  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#call?.getStats()
  }

  /** Ends the call and cancels every timer. Emits `remote-stream` with undefined, and nothing else. */
  close(): void {
    this.#isClosed = true
    this.#call?.close()
    this.#call = undefined
    this.#typing.reset()
    if (!this.#remoteStream) return
    this.#remoteStream = undefined
    this.#dependencies.events.emit('remote-stream', undefined)
  }

  get #configuration(): RTCConfiguration {
    return this.#dependencies.setup.configuration(this.#trust.isMutual)
  }

  #createCall(): PeerCall {
    const { environment, events, send, setup, matched } = this.#dependencies
    const { sending, announcedSending, takeLink, onFailed } = this.#dependencies
    const isOwnOffer = matched.isOffered && !matched.isPolite
    const prepared = takeLink(isOwnOffer ? 'offered' : 'any')
    return new PeerCall({
      isPolite: matched.isPolite,
      isOffered: isOwnOffer && prepared !== undefined,
      // The partner answers an offer whose link is gone, so a new connection (number 1) replaces it.
      generation: isOwnOffer && !prepared ? 1 : 0,
      link: prepared ?? setup.createLink(),
      createLink: () => setup.createLink(this.#trust.isMutual),
      sending,
      limits: setup.limits,
      isHidden: environment.isHidden,
      announcedSending,
      clock: environment.clock,
      sendSignal: (signal) => void send(toSignal(signal)),
      onRemoteStream: (stream) => {
        this.#remoteStream = stream
        events.emit('remote-stream', stream)
      },
      onPartnerSending: (partnerSending) => events.emit('partner-sending', partnerSending),
      onQuality: (quality) => events.emit('quality', quality),
      onStep: (step) => this.#handleStep(step),
      onFailed: (error) => {
        // A failure with a `cause` comes from the browser or the partner's signals, not from the network.
        send({ type: 'diagnosis', reason: error.cause === undefined ? 'no-path' : 'other' })
        onFailed(error)
      },
    })
  }

  #handleStep(step: RecoveryStep): void {
    const { events, onConnected, onInterrupted } = this.#dependencies
    const wasInterrupted = this.#isInterrupted
    this.#isInterrupted = this.#hasConnected && step !== 'none'
    if (this.#isInterrupted && !wasInterrupted) onInterrupted()
    if (step === 'none') {
      this.#hasConnected = true
      onConnected()
    }
    if (wasInterrupted || this.#isInterrupted) events.emit('interruption', { step })
  }
}
