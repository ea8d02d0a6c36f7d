import type { ClientMessage, MessageOf, Mode } from '@buddy-chat/protocol'
import type { ClientEnvironment } from '../browser-environment.ts'
import type { CallSetup } from './call-setup.ts'
import type { Emitter } from '../emitter.ts'
import { BuddyError } from '../errors.ts'
import type { ClientEvents, Partner } from '../events.ts'
import { MutualTrust } from './mutual-trust.ts'
import type { SendingLimits } from '../peer/limit-sender.ts'
import { PeerCall } from '../peer/peer-call.ts'
import type { RecoveryStep } from '../peer/recovery.ts'
import type { Sending } from '../sending.ts'
import { asReceived } from '../signaling/as-received.ts'
import { toSignal } from '../signaling/message-conversion.ts'
import { TypingSignal } from './typing-signal.ts'

interface RoomDependencies {
  readonly matched: MessageOf<'matched'>
  readonly mode: Mode
  readonly setup: CallSetup
  readonly sending: Sending
  /** What went along with the offer that came with the wish, if one did. */
  readonly toldSending: Sending | null
  readonly environment: ClientEnvironment
  readonly events: Emitter<ClientEvents>
  /** False where the server is not connected. */
  readonly send: (message: ClientMessage) => boolean
  /** Face to face, at first and again after an interruption; in text mode at once. */
  readonly onConnected: () => void
  /** The path is lost; what lost it may have cost the connection to the server too. */
  readonly onInterrupted: () => void
  /** No media path to this partner (any more). Once; the call is closed by then. */
  readonly onFailed: (error: BuddyError) => void
}

/** Oneself and a partner while it lasts: what is said, typed and shown between the two. */
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
      tell: () => send({ type: 'trust' }),
      onChange: (trust) => events.emit('trust', trust),
      onMutual: () => this.#call?.lookForBetterPath(this.#configuration),
    })
  }

  /** Whether the two have ever been face to face. */
  get hasConnected(): boolean {
    return this.#hasConnected
  }

  /** Whether they have been, and are not just now. */
  get isInterrupted(): boolean {
    return this.#isInterrupted
  }

  /** Whether the room may go on with a server that has restarted. */
  get isRestorable(): boolean {
    return this.#dependencies.matched.roomToken !== null
  }

  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream
  }

  /**
   * Begins the call, where the mode has one.
   * @throws what the browser's RTCPeerConnection throws on construction
   */
  open(): void {
    const { mode, onConnected } = this.#dependencies
    if (this.#isClosed) return
    this.#trust.begin()
    if (mode === 'text') onConnected()
    else this.#call = this.#createCall()
    // A link that broke at once has said so before there was a call to close.
    if (this.#isClosed) this.#call?.close()
  }

  /** A message of the partner's; they arrive unread by the server, already checked here. */
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
    // Both ends show the same, also if the text holds what UTF-8 cannot carry.
    const message = asReceived({ type: 'text', text }, 'invalid-text')
    if (!send(message)) throw unreachable()
    // Who has sent has stopped typing; the partner's client concludes that from the text.
    this.#typing.reset()
    events.emit('message', { text: message.text, from: 'self' })
  }

  /** @throws BuddyError `server-unreachable` */
  trust(): void {
    if (!this.#trust.give()) throw unreachable()
  }

  notifyTyping(): void {
    this.#typing.notify()
  }

  /** There are other ICE servers, for the next time a path is looked for: those of before may end. */
  handleIceServers(): void {
    this.#call?.setConfiguration(this.#configuration)
  }

  /** Whether the server is connected, here or at the partner's: signals get through only then. */
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

  /** Ends the call and every timer. Tells that the partner's media is gone, nothing else. */
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
    const { sending, toldSending, onFailed } = this.#dependencies
    const isOwnOffer = matched.isOffered && !matched.isPolite
    const prepared = setup.preparation.take(isOwnOffer ? 'offered' : 'any')
    return new PeerCall({
      isPolite: matched.isPolite,
      isOffered: isOwnOffer && prepared !== undefined,
      // The partner answers an offer that is here no more: a new connection takes its place.
      generation: isOwnOffer && !prepared ? 1 : 0,
      link: prepared ?? setup.createLink(),
      createLink: () => setup.createLink(this.#trust.isMutual),
      sending,
      limits: setup.limits,
      isHidden: environment.isHidden,
      announcedSending: toldSending,
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
        // What has a cause is no matter of the network.
        send({ type: 'diagnosis', reason: error.cause === undefined ? 'no-path' : 'other' })
        onFailed(error)
      },
    })
  }

  #handleStep(step: RecoveryStep): void {
    const { events, onConnected } = this.#dependencies
    const { onInterrupted } = this.#dependencies
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

/** What could be neither sent nor kept for later. */
export const unreachable = (message = 'the server is not connected'): BuddyError =>
  new BuddyError('server-unreachable', message)
