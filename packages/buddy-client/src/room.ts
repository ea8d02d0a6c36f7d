import type { ClientMessage, MessageOf, Mode } from '@buddy-chat/protocol'
import type { ClientEnvironment } from './browser-environment.ts'
import type { Emitter } from './emitter.ts'
import { BuddyError } from './errors.ts'
import type { ClientEvents, Partner } from './events.ts'
import { PeerCall } from './peer/peer-call.ts'
import type { PeerSignal, Sending } from './signal.ts'
import { assertSendable, toSignal } from './signaling/outgoing.ts'
import { TypingSignal } from './typing-signal.ts'

interface RoomDependencies {
  readonly matched: MessageOf<'matched'>
  readonly mode: Mode
  readonly iceServers: RTCIceServer[]
  readonly localStream: MediaStream | undefined
  readonly sending: Sending
  readonly environment: ClientEnvironment
  readonly events: Emitter<ClientEvents>
  /** False where the server is not connected. */
  readonly send: (message: ClientMessage) => boolean
  /** Face to face; in text mode at once. */
  readonly onConnected: () => void
  /** No media path to this partner. Once; the call is closed by then. */
  readonly onFailed: (error: BuddyError) => void
}

const toConfiguration = (iceServers: RTCIceServer[]): RTCConfiguration => ({
  iceServers,
  bundlePolicy: 'max-bundle',
  rtcpMuxPolicy: 'require',
})

/** Oneself and a partner while it lasts: what is said, typed and shown between the two. */
export class Room {
  readonly partner: Partner
  readonly #dependencies: RoomDependencies
  readonly #typing: TypingSignal
  #call: PeerCall | undefined
  #remoteStream: MediaStream | undefined
  #isClosed = false

  constructor(dependencies: RoomDependencies) {
    const { matched, environment, send } = dependencies
    this.#dependencies = dependencies
    this.partner = { name: matched.partnerName }
    this.#typing = new TypingSignal({
      setTimeout: environment.setTimeout,
      clearTimeout: environment.clearTimeout,
      onChange: (isTyping) => send({ type: 'typing', isTyping }),
    })
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
    if (mode === 'text') onConnected()
    else this.#call = this.#createCall()
  }

  /** A message of the partner's; they arrive unread by the server, already checked here. */
  handleMessage(message: MessageOf<'signal' | 'text' | 'typing'>): void {
    const { events } = this.#dependencies
    switch (message.type) {
      case 'signal':
        this.#call?.handleSignal(message as PeerSignal)
        return
      case 'typing':
        events.emit('typing', { isTyping: message.isTyping })
        return
      case 'text':
        events.emit('typing', { isTyping: false })
        events.emit('message', { text: message.text, from: 'partner' })
    }
  }

  /** @throws BuddyError `invalid-text`, `not-in-call` */
  send(text: string): void {
    const { send, events } = this.#dependencies
    const message = { type: 'text', text } as const
    assertSendable(message, 'invalid-text')
    if (!send(message)) throw new BuddyError('not-in-call', 'the server is not connected')
    // Who has sent has stopped typing; the partner's client concludes that from the text.
    this.#typing.reset()
    events.emit('message', { text, from: 'self' })
  }

  notifyTyping(): void {
    this.#typing.notify()
  }

  /** For the next time a path is looked for: those the call began with may have ended by then. */
  setIceServers(iceServers: RTCIceServer[]): void {
    this.#call?.setConfiguration(toConfiguration(iceServers))
  }

  setSending(sending: Sending): void {
    this.#call?.setSending(sending)
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

  #createCall(): PeerCall {
    const { environment, events, mode, send, iceServers, matched } = this.#dependencies
    const { localStream, sending, onConnected, onFailed } = this.#dependencies
    return new PeerCall({
      isPolite: matched.isPolite,
      kinds: mode === 'video' ? ['audio', 'video'] : ['audio'],
      localStream,
      sending,
      setTimeout: environment.setTimeout,
      clearTimeout: environment.clearTimeout,
      createConnection: () => environment.createConnection(toConfiguration(iceServers)),
      sendSignal: (signal) => void send(toSignal(signal)),
      onRemoteStream: (stream) => {
        this.#remoteStream = stream
        events.emit('remote-stream', stream)
      },
      onPartnerSending: (partnerSending) => events.emit('partner-sending', partnerSending),
      onConnected,
      onFailed,
    })
  }
}
