import type { MessageOf, ReportReason, ServerMessage } from '@buddy-chat/protocol'
import type { ClientEnvironment } from './browser-environment.ts'
import { browserEnvironment } from './browser-environment.ts'
import { Calls } from './call/calls.ts'
import type { Room } from './call/room.ts'
import { ClientRun } from './client-run.ts'
import type { Unsubscribe } from './emitter.ts'
import { Emitter } from './emitter.ts'
import type { Device } from './errors.ts'
import { BuddyError } from './errors.ts'
import type { SearchCriteria } from './criteria.ts'
import { toCriteriaFields } from './criteria.ts'
import type { CallEndReason, ClientEvents, Partner } from './events.ts'
import { MachineWatch } from './machine-watch.ts'
import { captureStill } from './media/capture-still.ts'
import { DeviceControl } from './media/device-control.ts'
import type { DeviceInfo } from './media/device-list.ts'
import { toMeasure } from './measure.ts'
import type { LocalMedia } from './media/local-media.ts'
import type { BuddyClientOptions } from './options.ts'
import { mediaRequest, resolveOptions } from './options.ts'
import type { ReportDetails } from './partner-reports.ts'
import type { Sending } from './sending.ts'
import { asReceived } from './signaling/as-received.ts'
import { toIntroduction } from './signaling/introduction.ts'
import { fromErrorFrame } from './signaling/server-error.ts'
import type { Retry } from './signaling/signaling-channel.ts'
import { SignalingChannel } from './signaling/signaling-channel.ts'
import type { ClientEvent, ClientState } from './state.ts'
import { transition } from './state.ts'

/**
 * A random one-to-one chat without a user interface. The constructor uses no network, requests no
 * permission and sets no timer. A client can be started and stopped any number of times.
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
  readonly #devices: DeviceControl
  readonly #media: LocalMedia
  #state: ClientState = 'idle'
  #run: ClientRun | undefined
  /** What `setCriteria()` has changed. */
  #criteria: Partial<SearchCriteria> = {}
  readonly #calls: Calls
  readonly #machine: MachineWatch

  /** @param environment the browser functions that the client uses; replaced only in tests */
  constructor(
    options: BuddyClientOptions = {},
    environment: ClientEnvironment = browserEnvironment,
  ) {
    this.#options = options
    this.#environment = environment
    this.#devices = new DeviceControl({
      environment: environment.media,
      onStream: (stream) => this.#emitter.emit('local-stream', stream),
      onTrack: (track) => this.#calls.replaceTrack(track),
      onSending: () => this.#room?.setSending(this.#media.sending),
      onSwitches: (switches) => this.#emitter.emit('sending', switches),
      onChange: (change) => this.#emitter.emit('device', change),
      onList: (devices) => this.#emitter.emit('devices', devices),
    })
    this.#media = this.#devices.media
    this.#calls = new Calls({
      environment,
      events: this.#emitter,
      localStream: () => this.#media.stream,
      sending: () => this.#media.sending,
      send: (message) => this.#channel.send(message),
      onIceUrlsRefused: (urls) => {
        const list = urls.join(', ')
        environment.warn(
          `Buddy: this browser rejects ICE URLs of the server, so calls do not use them: ${list}`,
        )
        this.#channel.send({ type: 'diagnosis', reason: 'ice-url-refused' })
      },
    })
    this.#machine = new MachineWatch(environment, {
      onNetworkChange: () => {
        this.#calls.handleNetworkChange()
        this.#channel.checkConnection()
      },
      onPageHide: () => this.#channel.endSession(),
      onFreeze: () => this.#channel.suspend(),
      onWake: () => this.#channel.checkConnection(),
    })
    this.#channel = new SignalingChannel(environment, {
      onWelcome: (...welcome) => this.#emitter.batch(() => this.#handleWelcome(...welcome)),
      onMessage: (message) => this.#emitter.batch(() => this.#handleMessage(message)),
      onRetry: (retry) => this.#emitter.batch(() => this.#handleRetry(retry)),
      onRefused: (error) => this.#emitter.batch(() => this.#handleRefused(error)),
    })
  }

  get #room(): Room | undefined {
    return this.#calls.room
  }

  get state(): ClientState {
    return this.#state
  }

  /** The stream of the local camera and microphone, while they are open. All calls use the same stream. */
  get localStream(): MediaStream | undefined {
    return this.#media.stream
  }

  /** The partner's media. Undefined until it has arrived, and outside a call. */
  get remoteStream(): MediaStream | undefined {
    return this.#room?.remoteStream
  }

  get partner(): Partner | undefined {
    return this.#room?.partner
  }

  /** Whether microphone and camera are switched on. These mute switches keep their state between calls. */
  get sending(): Sending {
    return this.#media.switches
  }

  /** Calls `listener` for every event `name`. Returns the function that removes the listener. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (detail: ClientEvents[Name]) => void,
  ): Unsubscribe {
    return this.#emitter.on(name, listener)
  }

  /**
   * Opens the devices and connects to the server in parallel, then searches for a partner. If the
   * client is running, returns the promise of the first call. An unreachable server is not a failure:
   * the state becomes `reconnecting`, `retry` events report the reason, and the promise stays pending.
   * @param overrides options that apply to this run only
   * @returns a promise that resolves when the search has begun
   * @throws BuddyError (as a rejection) a device code, with the client `idle` again; the server's reason if
   *   it refuses the client, with the client `closed`; `server-missing`,
   *   `invalid-options` or `webrtc-unavailable`;
   *   `aborted` if `stop()` was called before the search had begun
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    return this.#run?.promise ?? this.#emitter.batch(() => this.#begin(overrides))
  }

  /**
   * Leaves the partner and searches for another one. After a lost call, continues the search. Otherwise
   * does nothing.
   */
  next(): void {
    this.#emitter.batch(() => {
      const wasPaused = this.#run?.search.unpause() ?? false
      if (this.#endCall('next') || wasPaused) this.#requeue()
    })
  }

  /**
   * Changes whom the user looks for: in the queue without losing the place there, in a call for the next search,
   * and before `start()` for all runs. Criteria that are not given stay as they are.
   * @throws BuddyError `invalid-options`; then nothing has changed
   */
  setCriteria(criteria: Partial<SearchCriteria>): void {
    const given = Object.entries(criteria).filter(([, value]) => value !== undefined)
    const changed = { ...this.#criteria, ...Object.fromEntries(given) }
    const all = { ...resolveOptions({ ...this.#options, ...changed }) }
    asReceived({ type: 'change', ...toCriteriaFields(all) }, 'invalid-options')
    this.#criteria = changed
    const { interests, languages, asks, keepInterests, keepLanguages } = all
    this.#run?.search.setCriteria({ interests, languages, asks, keepInterests, keepLanguages })
  }

  /** Ends the call, the search and the connection, and releases camera and microphone. */
  stop(): void {
    this.#emitter.batch(() => {
      const run = this.#endRun()
      this.#channel.send({ type: 'leave' })
      this.#release()
      this.#endCall('stop', 'stop')
      run?.reject(new BuddyError('aborted', 'stop() was called before the search began'))
    })
  }

  /** Makes the scheduled attempt to reach the server now. Does nothing while connected. */
  retryNow(): void {
    this.#channel.retryNow()
  }

  /**
   * Sends a text to the partner.
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-text`, `text-filtered`
   */
  send(text: string): void {
    if (!this.#room) throw new BuddyError('not-in-call', 'there is no partner to write to')
    this.#room.send(text)
  }

  /** Call at every key press in a text field, so that the partner's client can show that the user types. */
  notifyTyping(): void {
    this.#room?.notifyTyping()
  }

  /**
   * With the option `relayUntilTrusted`, agrees that the partner may learn the user's address. Without it,
   * does nothing. Once both users have agreed, the clients look for a direct path without interrupting the
   * call, and each may learn the other's address. The agreement holds for this call and cannot be
   * withdrawn. The event `trust` reports which users have agreed.
   * @throws BuddyError `not-in-call`, `server-unreachable`
   */
  trust(): void {
    if (!this.#room) throw new BuddyError('not-in-call', 'there is no partner to trust')
    this.#room.trust()
  }

  /**
   * With the option `reveal: 'mutual'`, agrees to show the clear picture to this partner, or covers it again. It
   * is shown while both users agree; the event `reveal` reports who has agreed. The agreement ends with the call.
   * Without the option, does nothing.
   * @throws BuddyError `not-in-call`; `server-unreachable` if the partner cannot be told of the agreement
   */
  setRevealed(isRevealed: boolean): void {
    if (!this.#room) throw new BuddyError('not-in-call', 'there is no partner to show a picture')
    this.#room.setRevealed(isRevealed)
  }

  /**
   * Resolves with a small JPEG of the partner's present picture, in base64 without a prefix, for a report;
   * undefined if there is no picture. Ask the user before you send it.
   */
  async captureStill(): Promise<string | undefined> {
    return this.remoteStream && captureStill(this.remoteStream)
  }

  /** Mutes or unmutes the microphone. The partner's client is informed. */
  setAudioEnabled(isEnabled: boolean): void {
    this.#devices.setSwitches({ audio: isEnabled })
  }

  /** Hides or shows the camera. The partner's client is informed. */
  setVideoEnabled(isEnabled: boolean): void {
    this.#devices.setSwitches({ video: isEnabled })
  }

  /** Turns low-data mode on or off. The next `start()` sets it to the option `lowData` again. */
  setLowData(isLowData: boolean): void {
    this.#calls.setLowData(isLowData)
  }

  /**
   * Opens camera and microphone as `start()` would, but does not connect. `start()` then uses them, and
   * `stop()` releases them. Does nothing while the client runs, or in text mode.
   * @throws BuddyError (as a rejection) a device code, `invalid-options`
   */
  async preview(overrides: BuddyClientOptions = {}): Promise<void> {
    const request = mediaRequest(resolveOptions({ ...this.#options, ...overrides }))
    if (request && !this.#run) await this.#emitter.batch(() => this.#devices.open(request))
  }

  /** Lists cameras, microphones and, if the page can choose one, speakers. Requests no permission. */
  listDevices(): Promise<readonly DeviceInfo[]> {
    return this.#devices.list()
  }

  /** Returns the camera or microphone that is open; undefined if none is. */
  deviceInUse(device: Device): DeviceInfo | undefined {
    return this.#devices.inUse(device)
  }

  /**
   * Switches to this camera, without a negotiation during a call. If no devices are open, the next start
   * uses it. The present camera is stopped first.
   * @param id an `id` from `listDevices()`
   * @throws BuddyError (as a rejection) a device code; the previous camera is opened again if possible
   */
  setCamera(id: string): Promise<void> {
    return this.#devices.choose('camera', id)
  }

  /**
   * Switches to this microphone, as `setCamera` does for cameras.
   * @throws BuddyError (as a rejection) as `setCamera`
   */
  setMicrophone(id: string): Promise<void> {
    return this.#devices.choose('microphone', id)
  }

  /**
   * Switches between the front and the back camera, or to the next camera.
   * @throws BuddyError (as a rejection) as `setCamera`, and `device-not-found` if there is only one
   */
  switchCamera(): Promise<void> {
    return this.#devices.flip()
  }

  /**
   * Opens a device again after the system has paused it or it was lost; see the event `device`.
   * @throws BuddyError (as a rejection) a device code
   */
  resumeDevice(device: Device): Promise<void> {
    return this.#devices.resume(device)
  }

  /**
   * Reports a partner to the operator, and blocks the partner as {@link BuddyClient.block} does. While the
   * connection is lost and the session may be resumed, the client keeps the report. If the session is not
   * resumed, the client emits `error` with `server-unreachable`.
   * @param about the `Partner.room` of the partner to report, or more details; the present or latest partner by
   *   default. If the server does not remember that room, the client emits `error` with `not-in-call`
   * @throws BuddyError `not-in-call` if there was no partner, or the client is stopped;
   *   `server-unreachable` if the report can be neither sent nor kept; `invalid-options` if a detail is
   *   too long. Then nothing was sent, and the call goes on
   */
  report(reason: ReportReason, about: string | ReportDetails = {}): void {
    const details = typeof about === 'string' ? { room: about } : about
    this.#part('report', ({ reports }) => reports.report(reason, details))
  }

  /**
   * Blocks a partner: the two users never meet again. If it is the present partner, the call ends at once for
   * both, and the client searches for another partner.
   * @param room the `Partner.room` of the partner; the present or latest partner by default
   * @throws BuddyError as {@link BuddyClient.report}
   */
  block(room?: string): void {
    this.#part('block', ({ reports }) => reports.block(room))
  }

  /** Resolves with the browser's statistics of the present call; undefined outside a call. */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#room?.getStats()
  }

  /** Sends a report or block, and ends the call if it is about the present partner. */
  #part(reason: 'report' | 'block', send: (run: ClientRun) => string): void {
    const run = this.#run
    if (!run) throw new BuddyError('not-in-call', 'there was no partner since start()')
    this.#emitter.batch(() => {
      const room = send(run)
      if (room === this.partner?.room && this.#endCall(reason)) this.#requeue()
    })
  }

  #begin(overrides: BuddyClientOptions): Promise<void> {
    const options = { ...this.#options, ...this.#criteria, ...overrides }
    const run = new ClientRun(resolveOptions(options), {
      takeOffer: () => this.#calls.takeOffer(),
      sending: () => this.#media.sending,
      isConnected: () => this.#channel.isConnected,
      send: (message) => this.#channel.send(message),
      clock: this.#environment.clock,
      onReportLost: (error) => this.#emitter.emit('error', error),
    })
    try {
      const { baseUrl, storage } = this.#environment
      const introduction = toIntroduction(run.options, baseUrl(), storage)
      this.#calls.begin(run.options)
      this.#run = run
      this.#machine.begin()
      this.#advance('start')
      void this.#openMedia(run)
      this.#channel.open(introduction)
    } catch (error) {
      run.reject(error as BuddyError)
    }
    return run.promise
  }

  async #openMedia(run: ClientRun): Promise<void> {
    const request = mediaRequest(run.options)
    try {
      if (request) await this.#devices.open(request)
      else this.#media.close()
      run.search.handleMediaReady()
    } catch (error) {
      if (this.#run !== run) return
      this.#emitter.batch(() => {
        this.#endRun()
        this.#release()
        this.#endCall('stop', 'stop')
        run.reject(error as BuddyError)
      })
    }
  }

  #handleWelcome(welcome: MessageOf<'welcome'>, isResumed: boolean): void {
    const { iceServers, allowsText, isRestored } = welcome
    this.#calls.setIceServers(iceServers)
    const { refusal } = this.#calls
    if (refusal) return this.#handleRefused(refusal)
    const run = this.#run
    run?.reports.handleWelcome(isResumed)
    const isRoomGone = !isResumed || (isRestored && !this.#room?.isRestorable)
    if (this.#room && isRoomGone) this.#endCall('server-lost', 'server-lost')
    if (!isResumed || isRestored) run?.search.handleForgotten(this.#room !== undefined)
    this.#room?.setReachable('server', true)
    if (!run?.search.isPaused) this.#advance('server-back')
    this.#emitter.emit('welcome', { isResumed, allowsText })
    this.#run?.search.requestIfDue()
  }

  #handleRetry(retry: Retry): void {
    // If the session may be resumed, a call continues, because its media does not go through the server.
    if (!this.#room || !retry.mayResume) this.#endCall('server-lost', 'server-lost')
    this.#room?.setReachable('server', false)
    this.#emitter.emit('retry', retry)
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'waiting':
        this.#run?.search.handleAnswered(true)
        this.#calls.close()
        this.#calls.handleQueued()
        this.#advance('queued')
        this.#run?.resolve()
        this.#emitter.emit('waiting', { online: message.online })
        return
      case 'searching': {
        this.#run?.search.handleSearching()
        const { type: _type, estimateMs, widensInMs, ...rest } = message
        this.#emitter.emit('searching', {
          ...rest,
          estimateMs: estimateMs ?? undefined,
          widensInMs: widensInMs ?? undefined,
        })
        return
      }
      case 'measure':
        this.#emitter.emit('measure', toMeasure(message))
        return
      case 'matched':
        this.#openRoom(message)
        return
      case 'signal':
      case 'text':
      case 'typing':
      case 'trust':
      case 'consent':
        this.#room?.handleMessage(message)
        return
      case 'partner-left':
        // If the media path is broken, the partner probably left for that reason, so the call counts as
        // lost. If the partner has pressed Next, they left on purpose.
        if (this.#room?.isInterrupted && message.reason !== 'next') this.#loseCall()
        else if (this.#endCall(`partner-${message.reason}`)) this.#requeue()
        return
      case 'partner-away':
      case 'partner-back':
        if (!this.#room) return
        this.#room.setReachable('partner', message.type === 'partner-back')
        this.#emitter.emit('partner-away', { isAway: message.type === 'partner-away' })
        return
      case 'ice-servers':
        this.#calls.setIceServers(message.iceServers)
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
    // The partner left before this client's message arrived. The message `partner-left` reports that.
    if (code === 'not-in-room') return
    if (code === 'rate-limited') this.#run?.search.handleDropped(retryAfterMs ?? 1000)
    const error = fromErrorFrame(code, message, retryAfterMs)
    // The site does not allow the mode or lobby, so it would refuse a second ticket as well.
    if (code === 'not-permitted' && this.#state === 'connecting') this.#handleRefused(error)
    else this.#emitter.emit('error', error)
  }

  #handleRefused(error: BuddyError): void {
    const run = this.#endRun()
    this.#release()
    this.#endCall('server-lost', 'refused')
    if (!run?.reject(error)) this.#emitter.emit('error', error)
  }

  #openRoom(matched: MessageOf<'matched'>): void {
    const run = this.#run
    if (!run) return
    run.reports.handleMatched(matched.room)
    run.search.handleAnswered(false)
    const room = this.#calls.enter(matched, run.search.announcedSending, {
      onConnected: () => this.#emitter.batch(() => this.#advance('call-connected')),
      onInterrupted: () => this.#channel.checkConnection(),
      onFailed: (error) => this.#emitter.batch(() => this.#handleCallFailed(room, error)),
    })
    this.#advance('matched')
    this.#run?.resolve()
    const { interests, languages, isRematch } = matched
    this.#emitter.emit('match', {
      partner: room.partner,
      interests,
      languages: languages ?? [],
      isRematch: isRematch ?? false,
    })
    try {
      room.open()
    } catch (cause) {
      const message = 'the browser opens no peer connection'
      this.#handleRefused(new BuddyError('webrtc-unavailable', message, { cause }))
    }
  }

  #handleCallFailed(room: Room, error: BuddyError): void {
    this.#emitter.emit('error', error)
    if (this.#room !== room) return
    if (room.hasConnected) {
      this.#loseCall()
      this.#channel.send({ type: 'leave' })
    } else if (this.#endCall('call-failed')) this.#requeue()
  }

  /**
   * Ends the call, if there is one, and changes the state by `event`. Emits `leave` and returns true if
   * there was a call.
   */
  #endCall(reason: CallEndReason, event: ClientEvent = 'call-ended'): boolean {
    const hadPartner = this.#room !== undefined
    this.#calls.close()
    this.#advance(event)
    const isSearching = event === 'call-ended' || event === 'server-lost'
    if (hadPartner) this.#emitter.emit('leave', { reason, isSearching })
    return hadPartner
  }

  /** Ends a call whose media path could not be restored. The search then waits for `next()`. */
  #loseCall(): void {
    this.#run?.search.pause()
    this.#endCall('call-failed', 'call-lost')
  }

  #requeue(): void {
    if (!this.#run) return
    this.#run.search.request()
    if (!this.#channel.isConnected) this.#advance('server-lost')
  }

  #endRun(): ClientRun | undefined {
    const run = this.#run
    this.#run = undefined
    run?.search.end()
    return run
  }

  #release(): void {
    this.#calls.end()
    this.#machine.end()
    this.#channel.close()
    this.#media.close()
  }

  #advance(event: ClientEvent): void {
    const previous = this.#state
    const state = transition(previous, event)
    if (state === undefined || state === previous) return
    this.#state = state
    this.#emitter.emit('state', { state, previous })
  }
}
