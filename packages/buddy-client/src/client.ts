import type { MessageOf, ServerMessage } from '@buddy-chat/protocol'
import type { ClientEnvironment } from './browser-environment.ts'
import { browserEnvironment } from './browser-environment.ts'
import type { Unsubscribe } from './emitter.ts'
import { Emitter } from './emitter.ts'
import { BuddyError } from './errors.ts'
import type { CallEndReason, ClientEvents, Partner } from './events.ts'
import { openLocalMedia, stopTracks } from './media/local-media.ts'
import type { BuddyClientOptions, ResolvedOptions } from './options.ts'
import { mediaConstraints, resolveOptions } from './options.ts'
import type { PeerSignal, Sending } from './peer/peer-call.ts'
import { PeerCall } from './peer/peer-call.ts'
import { assertSendable, toHello, toSignal, toTicket } from './signaling/outgoing.ts'
import { fromErrorFrame } from './signaling/server-error.ts'
import { socketUrl } from './signaling/server-url.ts'
import { SignalingChannel } from './signaling/signaling-channel.ts'
import type { ClientEvent, ClientState } from './state.ts'
import { transition } from './state.ts'
import { TypingSignal } from './typing-signal.ts'

/** A `start()` under way: superseded by `stop()`, so that what it opened late is closed again. */
interface Run {
  readonly options: ResolvedOptions
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: BuddyError) => void
  isSettled: boolean
  isMediaReady: boolean
}

const leaveReasons = {
  next: 'partner-next',
  left: 'partner-left',
  lost: 'partner-lost',
} as const satisfies Record<MessageOf<'partner-left'>['reason'], CallEndReason>

/**
 * Random one-to-one chat without a user interface. Constructing one does nothing visible: no
 * network, no permission, no timer. It may be started and stopped any number of times.
 *
 * @example
 * const client = new BuddyClient({ server: 'https://chat.example', name: 'Ana' })
 * client.on('remote-stream', (stream) => (video.srcObject = stream ?? null))
 * await client.start()
 */
export class BuddyClient {
  readonly #options: BuddyClientOptions
  readonly #environment: ClientEnvironment
  readonly #emitter = new Emitter<ClientEvents>()
  readonly #channel: SignalingChannel
  readonly #typing: TypingSignal
  #state: ClientState = 'idle'
  #run: Run | undefined
  #iceServers: RTCIceServer[] = []
  #localStream: MediaStream | undefined
  #remoteStream: MediaStream | undefined
  #call: PeerCall | undefined
  #partner: Partner | undefined
  #sending: Sending = { audio: true, video: true }

  /** @param environment the browser's facilities; give your own only in tests */
  constructor(
    options: BuddyClientOptions = {},
    environment: ClientEnvironment = browserEnvironment,
  ) {
    this.#options = options
    this.#environment = environment
    const { setTimeout, clearTimeout } = environment
    this.#typing = new TypingSignal({
      setTimeout,
      clearTimeout,
      onChange: (isTyping) => this.#channel.send({ type: 'typing', isTyping }),
    })
    this.#channel = new SignalingChannel(environment, {
      onWelcome: (welcome) => this.#handleWelcome(welcome),
      onMessage: (message) => this.#handleMessage(message),
      onRetry: (retry) => {
        this.#endCall('server-lost', 'server-lost')
        this.#emitter.emit('retry', retry)
      },
      onRefused: (error) => this.#handleRefused(error),
    })
  }

  get state(): ClientState {
    return this.#state
  }

  /** Own camera and microphone, while open. Stays the same from call to call. */
  get localStream(): MediaStream | undefined {
    return this.#localStream
  }

  /** The partner's media, while in a call that has any. */
  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream
  }

  get partner(): Partner | undefined {
    return this.#partner
  }

  /** What one lets partners see and hear; kept from call to call. */
  get sending(): Sending {
    return this.#sending
  }

  /** Calls `listener` on every event `name` until the function returned is called. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (detail: ClientEvents[Name]) => void,
  ): Unsubscribe {
    return this.#emitter.on(name, listener)
  }

  /**
   * Opens the devices and the server, side by side, then looks for a partner. While it runs,
   * another call returns the same promise. An unreachable server is no failure: the state is
   * `reconnecting`, `retry` events say why, and the promise stays pending until it is there.
   * @param overrides options for this run only
   * @returns resolves when the search has begun
   * @throws BuddyError (as a rejection) a device code: state `idle`; a refusal by the server:
   *   state `closed`; `invalid-options`; `aborted` when `stop()` came first
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    if (this.#run) return this.#run.promise
    let resolve!: () => void
    let reject!: (error: BuddyError) => void
    const promise = new Promise<void>((onResolved, onRejected) => {
      resolve = onResolved
      reject = onRejected
    })
    const options = resolveOptions({ ...this.#options, ...overrides })
    try {
      const url = socketUrl(options.server, this.#environment.baseUrl())
      assertSendable(toHello(options), 'invalid-options')
      assertSendable(toTicket(options), 'invalid-options')
      const run = { options, promise, resolve, reject, isSettled: false, isMediaReady: false }
      this.#run = run
      this.#advance('start')
      if (this.#run === run) this.#open(run, url)
    } catch (error) {
      reject(error as BuddyError)
    }
    return promise
  }

  /** Leaves the partner and looks for another. Does nothing outside a call. */
  next(): void {
    if (!this.#endCall('next')) return
    this.#channel.send({ type: 'next' })
  }

  /** Ends everything: the call, the search, the connection; camera and microphone are released. */
  stop(): void {
    const run = this.#run
    this.#run = undefined
    this.#channel.send({ type: 'leave' })
    this.#release()
    this.#endCall('stop', 'stop')
    if (run && !run.isSettled) run.reject(new BuddyError('aborted', 'stopped before it began'))
  }

  /** Tries to reach the server now instead of after the wait. Does nothing unless `reconnecting`. */
  retryNow(): void {
    this.#channel.retryNow()
  }

  /**
   * Sends a line to the partner.
   * @throws BuddyError `not-in-call`, `invalid-text`
   */
  send(text: string): void {
    if (!this.#partner) throw new BuddyError('not-in-call', 'there is no partner to write to')
    const message = { type: 'text', text } as const
    assertSendable(message, 'invalid-text')
    if (!this.#channel.send(message)) {
      throw new BuddyError('not-in-call', 'the server is not connected')
    }
    // Who has sent has stopped typing; the partner's client concludes that from the text.
    this.#typing.reset()
    this.#emitter.emit('message', { text, from: 'self' })
  }

  /** Call on every key press in a text field: the partner sees that one is typing. */
  notifyTyping(): void {
    if (this.#partner) this.#typing.notify()
  }

  /** Mutes or unmutes the microphone; the partner is told. */
  setAudioEnabled(isEnabled: boolean): void {
    this.#setSending({ ...this.#sending, audio: isEnabled })
  }

  /** Blackens or shows the camera; the partner is told. */
  setVideoEnabled(isEnabled: boolean): void {
    this.#setSending({ ...this.#sending, video: isEnabled })
  }

  /** Statistics of the present call as the browser has them; undefined outside a call. */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#call?.getStats()
  }

  #open(run: Run, url: string): void {
    void this.#openMedia(run)
    this.#channel.open(url, toHello(run.options))
  }

  async #openMedia(run: Run): Promise<void> {
    const constraints = mediaConstraints(run.options)
    try {
      if (constraints) {
        const stream = await openLocalMedia(this.#environment.media(), constraints)
        if (this.#run !== run) return stopTracks(stream)
        this.#localStream = stream
        this.#applySending()
        this.#emitter.emit('local-stream', stream)
      }
      run.isMediaReady = true
      this.#enterQueue()
    } catch (error) {
      if (this.#run !== run) return
      this.#run = undefined
      this.#release()
      this.#advance('stop')
      run.reject(error as BuddyError)
    }
  }

  /** Gives the ticket as soon as both the devices and the server are there, in whichever order. */
  #enterQueue(): void {
    const run = this.#run
    if (run?.isMediaReady && this.#channel.isWelcome) this.#channel.send(toTicket(run.options))
  }

  #handleWelcome({ iceServers }: MessageOf<'welcome'>): void {
    this.#iceServers = iceServers.map(({ urls, username, credential }) => ({
      urls: [...urls],
      ...(username !== null && { username }),
      ...(credential !== null && { credential }),
    }))
    this.#enterQueue()
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'waiting':
        this.#closeCall()
        this.#advance('queued')
        this.#settle()
        return
      case 'matched':
        this.#beginCall(message)
        return
      case 'signal':
        this.#call?.handleSignal(message as PeerSignal)
        return
      case 'text':
        if (!this.#partner) return
        this.#emitter.emit('typing', { isTyping: false })
        this.#emitter.emit('message', { text: message.text, from: 'partner' })
        return
      case 'typing':
        if (this.#partner) this.#emitter.emit('typing', { isTyping: message.isTyping })
        return
      case 'partner-left':
        if (this.#endCall(leaveReasons[message.reason])) this.#channel.send({ type: 'next' })
        return
      case 'stats': {
        const { online, waiting, rooms } = message
        this.#emitter.emit('stats', { online, waiting, rooms })
        return
      }
      case 'error':
        this.#handleServerError(message)
        return
      default:
    }
  }

  #handleServerError({ code, message, retryAfterMs }: MessageOf<'error'>): void {
    // The partner has just left: `partner-left` says so better.
    if (code === 'not-in-room') return
    this.#emitter.emit('error', fromErrorFrame(code, message, retryAfterMs))
  }

  #handleRefused(error: BuddyError): void {
    const run = this.#run
    this.#run = undefined
    this.#release()
    this.#endCall('server-lost', 'refused')
    if (run && !run.isSettled) run.reject(error)
    else this.#emitter.emit('error', error)
  }

  #beginCall({ partnerName, interests, isPolite }: MessageOf<'matched'>): void {
    const run = this.#run
    if (!run) return
    this.#closeCall()
    this.#partner = { name: partnerName }
    if (run.options.mode !== 'text') this.#call = this.#createCall(run.options, isPolite)
    this.#advance('matched')
    this.#settle()
    this.#emitter.emit('match', { partner: { name: partnerName }, interests })
    if (run.options.mode === 'text') this.#advance('call-connected')
  }

  #createCall(options: ResolvedOptions, isPolite: boolean): PeerCall {
    const { createConnection, setTimeout, clearTimeout } = this.#environment
    return new PeerCall({
      isPolite,
      localStream: this.#localStream,
      kinds: options.mode === 'video' ? ['audio', 'video'] : ['audio'],
      sending: this.#effectiveSending(),
      setTimeout,
      clearTimeout,
      createConnection: () =>
        createConnection({
          iceServers: this.#iceServers,
          bundlePolicy: 'max-bundle',
          rtcpMuxPolicy: 'require',
        }),
      sendSignal: (signal) => void this.#channel.send(toSignal(signal)),
      onRemoteStream: (stream) => {
        this.#remoteStream = stream
        this.#emitter.emit('remote-stream', stream)
      },
      onPartnerSending: (sending) => this.#emitter.emit('partner-sending', sending),
      onConnected: () => this.#advance('call-connected'),
      onFailed: (error) => {
        this.#emitter.emit('error', error)
        if (this.#endCall('call-failed')) this.#channel.send({ type: 'next' })
      },
    })
  }

  /** Ends the call, if there is one, and says why; moves on by `event`. Returns if there was. */
  #endCall(reason: CallEndReason, event: ClientEvent = 'call-ended'): boolean {
    const hadPartner = this.#partner !== undefined
    this.#closeCall()
    this.#advance(event)
    if (hadPartner) this.#emitter.emit('leave', { reason })
    return hadPartner
  }

  #closeCall(): void {
    this.#call?.close()
    this.#call = undefined
    this.#partner = undefined
    this.#typing.reset()
    if (!this.#remoteStream) return
    this.#remoteStream = undefined
    this.#emitter.emit('remote-stream', undefined)
  }

  #release(): void {
    this.#channel.close()
    if (!this.#localStream) return
    stopTracks(this.#localStream)
    this.#localStream = undefined
    this.#emitter.emit('local-stream', undefined)
  }

  #setSending(sending: Sending): void {
    const { audio, video } = this.#sending
    if (sending.audio === audio && sending.video === video) return
    this.#sending = sending
    this.#applySending()
    this.#call?.setSending(this.#effectiveSending())
    this.#emitter.emit('sending', sending)
  }

  #applySending(): void {
    for (const track of this.#localStream?.getAudioTracks() ?? [])
      track.enabled = this.#sending.audio
    for (const track of this.#localStream?.getVideoTracks() ?? [])
      track.enabled = this.#sending.video
  }

  /** Without a track there is nothing to see or hear, whatever the switches say. */
  #effectiveSending(): Sending {
    const { audio, video } = this.#sending
    return {
      audio: audio && (this.#localStream?.getAudioTracks().length ?? 0) > 0,
      video: video && (this.#localStream?.getVideoTracks().length ?? 0) > 0,
    }
  }

  #settle(): void {
    const run = this.#run
    if (!run || run.isSettled) return
    run.isSettled = true
    run.resolve()
  }

  #advance(event: ClientEvent): void {
    const previous = this.#state
    const state = transition(previous, event)
    if (state === undefined || state === previous) return
    this.#state = state
    this.#emitter.emit('state', { state, previous })
  }
}
