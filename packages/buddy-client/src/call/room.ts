import type { ClientMessage, MessageOf } from '@buddy-chat/protocol'
import type { Emitter } from '../emitter.ts'
import { BuddyError, serverUnreachable } from '../errors.ts'
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
import { MutualConsent } from './mutual-consent.ts'
import type { OutgoingMedia } from './outgoing-media.ts'
import type { TextFilter } from '../signaling/text-filter.ts'
import { filterText } from '../signaling/text-filter.ts'
import { TypingSignal } from './typing-signal.ts'

/** The callbacks through which a room reports to the client. */
export interface RoomCallbacks {
  /** Called when media flows, at first and after each interruption. In text mode called at once. */
  readonly onConnected: () => void
  /**
   * Called when the media path is lost. The client should then test its connection to the server, which may
   * be lost for the same reason.
   */
  readonly onInterrupted: () => void
  /** Called once if no media path to this partner can be found or restored. The call is then closed. */
  readonly onFailed: (error: BuddyError) => void
}

interface RoomDependencies extends RoomCallbacks {
  readonly matched: MessageOf<'matched'>
  readonly setup: CallSetup
  readonly outgoing: OutgoingMedia
  /** See `LinkPreparation.take`. */
  readonly takeLink: (role: 'offered' | 'any') => PeerLink | undefined
  readonly textFilter: TextFilter | undefined
  readonly sending: Sending
  /** The `sending` state that was sent with the prepared offer; null if none was sent. */
  readonly announcedSending: Sending | null
  readonly environment: CallEnvironment
  readonly events: Emitter<ClientEvents>
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
}

/** What the user and one partner share while they are matched: the call, texts, typing and consents. */
export class Room {
  readonly partner: Partner
  readonly #dependencies: RoomDependencies
  readonly #typing: TypingSignal
  readonly #trust: MutualConsent
  readonly #picture: MutualConsent
  #call: PeerCall | undefined
  #remoteStream: MediaStream | undefined
  #isClosed = false
  #hasConnected = false
  #isInterrupted = false
  readonly #reachable = { server: true, partner: true }

  constructor(dependencies: RoomDependencies) {
    const { matched, environment, events, setup, outgoing, send } = dependencies
    this.#dependencies = dependencies
    this.partner = { name: matched.partnerName, room: matched.room }
    this.#typing = new TypingSignal({
      clock: environment.clock,
      onChange: (isTyping) => send({ type: 'typing', isTyping }),
    })
    this.#trust = new MutualConsent({
      policy: setup.addressPolicy === 'once-trusted' ? 'by-user' : setup.addressPolicy,
      send: () => send({ type: 'trust' }),
      onChange: (trust) => events.emit('trust', trust),
      onMutual: () => this.#call?.lookForBetterPath(this.#configuration),
    })
    this.#picture = new MutualConsent({
      policy: outgoing.isVeiling ? 'by-user' : 'at-once',
      send: (isGiven) => send({ type: 'consent', topic: 'picture', isGiven }),
      onChange: (consent) =>
        events.emit('reveal', { ...consent, isRevealed: consent.self && consent.partner }),
      onMutual: (isRevealed) => this.#sendTracks(isRevealed),
    })
  }

  /** Whether media has ever flowed in this room. */
  get hasConnected(): boolean {
    return this.#hasConnected
  }

  /** Whether media flowed before and does not flow at present. */
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
   * Starts the call, except in text mode, which has none.
   * @throws what the browser's RTCPeerConnection throws on construction
   */
  open(): void {
    const { setup, onConnected } = this.#dependencies
    if (this.#isClosed) return
    this.#trust.begin()
    this.#picture.begin()
    if (setup.mode === 'text') onConnected()
    else this.#call = this.#createCall()
    // If the call failed while it was created, the room was closed before `#call` was set.
    if (this.#isClosed) this.#call?.close()
  }

  /**
   * Handles a message of the partner. `SignalingChannel` has validated it, because the server passes it on
   * without decoding it.
   */
  handleMessage(message: MessageOf<'signal' | 'text' | 'typing' | 'trust' | 'consent'>): void {
    const { events } = this.#dependencies
    switch (message.type) {
      case 'signal':
        this.#call?.handleSignal(message)
        return
      case 'trust':
        this.#trust.handlePartner()
        return
      case 'consent':
        if (message.topic === 'picture') this.#picture.handlePartner(message.isGiven)
        return
      case 'typing':
        events.emit('typing', { isTyping: message.isTyping })
        return
      case 'text':
        events.emit('typing', { isTyping: false })
        this.#handleText(message.text)
    }
  }

  /**
   * Sends a text to the partner.
   * @throws BuddyError `invalid-text`, `text-filtered`, `server-unreachable`
   */
  send(text: string): void {
    const { send, events, textFilter } = this.#dependencies
    const { text: given } = asReceived({ type: 'text', text }, 'invalid-text')
    // The text is cleaned here too, so that both clients show the same one.
    const filtered = filterText(given, 'out', textFilter)
    const message = asReceived({ type: 'text', text: filtered }, 'invalid-text')
    if (!send(message)) throw serverUnreachable()
    // `typing: false` need not be sent, because the partner's client ends typing when the text arrives.
    this.#typing.reset()
    events.emit('message', { text: message.text, from: 'self' })
  }

  /**
   * Agrees that the partner may learn the user's address.
   * @throws BuddyError `server-unreachable`
   */
  trust(): void {
    if (!this.#trust.give()) throw serverUnreachable()
  }

  /**
   * Agrees to show the clear picture while the partner agrees too, or withdraws the agreement. A withdrawal
   * takes effect at once, also if the message cannot be sent.
   * @throws BuddyError `server-unreachable` if the agreement cannot be sent
   */
  setRevealed(isRevealed: boolean): void {
    if (!isRevealed) this.#picture.withdraw()
    else if (!this.#picture.give()) throw serverUnreachable()
  }

  notifyTyping(): void {
    this.#typing.notify()
  }

  /** Called when the ICE servers have changed. The next ICE restart uses the new ones. */
  handleIceServers(): void {
    this.#call?.setConfiguration(this.#configuration)
  }

  /**
   * Sets whether this client (`server`) or the partner's client (`partner`) is connected to the server.
   * Signals reach the partner only while both are.
   */
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
    const sent = this.#dependencies.outgoing.track(track, this.#picture.isMutual)
    if (sent) await this.#call?.replaceTrack(sent)
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

  /** Ends the call and cancels every timer. Emits only `remote-stream`, with undefined. */
  close(): void {
    this.#isClosed = true
    this.#call?.close()
    this.#call = undefined
    this.#typing.reset()
    if (!this.#remoteStream) return
    this.#remoteStream = undefined
    this.#dependencies.events.emit('remote-stream', undefined)
  }

  #handleText(received: string): void {
    const { events, textFilter } = this.#dependencies
    try {
      const text = filterText(received, 'in', textFilter)
      if (text !== '') events.emit('message', { text, from: 'partner' })
    } catch (error) {
      // A text that the page's filter drops is no error. A failure of the filter is an error of the page.
      if ((error as BuddyError).cause !== undefined) events.emit('error', error as BuddyError)
    }
  }

  get #configuration(): RTCConfiguration {
    return this.#dependencies.setup.configuration(this.#trust.isMutual)
  }

  /** Sends the clear tracks, or the covered ones. */
  #sendTracks(isRevealed: boolean): void {
    const { outgoing, events } = this.#dependencies
    if (!outgoing.isVeiling) return
    for (const { kind, track } of outgoing.tracks(isRevealed)) {
      if (!track) this.#call?.stopSending(kind)
      else
        this.#call?.replaceTrack(track).catch((cause: unknown) => {
          if (!isRevealed) this.#call?.stopSending(kind)
          const message = 'the browser does not send this picture'
          events.emit('error', new BuddyError('media-failed', message, { cause }))
        })
    }
  }

  #createCall(): PeerCall {
    const { environment, events, send, setup, matched } = this.#dependencies
    const { sending, announcedSending, takeLink, onFailed } = this.#dependencies
    const isOwnOffer = matched.isOffered && !matched.isPolite
    const prepared = takeLink(isOwnOffer ? 'offered' : 'any')
    return new PeerCall({
      isPolite: matched.isPolite,
      isOffered: isOwnOffer && prepared !== undefined,
      // If the link of the offer is gone, its answer cannot be used. A connection with number 1 replaces
      // it.
      generation: isOwnOffer && !prepared ? 1 : 0,
      link: prepared ?? setup.createLink(),
      createLink: () => setup.createLink(this.#trust.isMutual, this.#picture.isMutual),
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
        // An error with a `cause` comes from the browser or from the partner's signals, not from the
        // network.
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
