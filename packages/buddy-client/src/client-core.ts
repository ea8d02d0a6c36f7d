import type { MessageOf, ServerMessage } from '@buddy-chat/protocol'
import type { ClientEnvironment } from './browser-environment.ts'
import { Calls } from './call/calls.ts'
import type { Room } from './call/room.ts'
import { ClientRun } from './client-run.ts'
import type { CriteriaChange, SearchCriteria } from './criteria.ts'
import { toCriteriaFields } from './criteria.ts'
import { Emitter } from './emitter.ts'
import { BuddyError } from './errors.ts'
import type { CallEndReason, ClientEvents } from './events.ts'
import { MachineWatch } from './machine-watch.ts'
import { DeviceControl } from './media/device-control.ts'
import type { LocalMedia } from './media/local-media.ts'
import { toMeasure } from './measure.ts'
import type { BuddyClientOptions } from './options.ts'
import { mediaRequest, resolveOptions } from './options.ts'
import { asReceived } from './signaling/as-received.ts'
import { toIntroduction } from './signaling/introduction.ts'
import { fromErrorFrame } from './signaling/server-error.ts'
import type { Retry } from './signaling/signaling-channel.ts'
import { SignalingChannel } from './signaling/signaling-channel.ts'
import type { ClientEvent, ClientState } from './state.ts'
import { transition } from './state.ts'

/** Connects the parts of a client. `BuddyClient` documents the methods. */
export class ClientCore {
  readonly emitter = new Emitter<ClientEvents>()
  readonly channel: SignalingChannel
  readonly devices: DeviceControl
  readonly media: LocalMedia
  readonly calls: Calls
  readonly #options: BuddyClientOptions
  readonly #environment: ClientEnvironment
  readonly #machine: MachineWatch
  #state: ClientState = 'idle'
  #run: ClientRun | undefined
  /** What `setCriteria()` has changed. */
  #criteria: Partial<SearchCriteria> = {}

  constructor(options: BuddyClientOptions, environment: ClientEnvironment) {
    this.#options = options
    this.#environment = environment
    this.devices = new DeviceControl({
      environment: environment.media,
      onStream: (stream) => this.emitter.emit('local-stream', stream),
      onTrack: (track) => this.calls.replaceTrack(track),
      onSending: () => this.room?.setSending(this.media.sending),
      onSwitches: (switches) => this.emitter.emit('sending', switches),
      onChange: (change) => this.emitter.emit('device', change),
      onList: (devices) => this.emitter.emit('devices', devices),
    })
    this.media = this.devices.media
    this.calls = new Calls({
      environment,
      events: this.emitter,
      localStream: () => this.media.stream,
      sending: () => this.media.sending,
      send: (message) => this.channel.send(message),
      onIceUrlsRefused: (urls) => {
        const list = urls.join(', ')
        environment.warn(
          `Buddy: this browser rejects ICE URLs of the server, so calls do not use them: ${list}`,
        )
        this.channel.send({ type: 'diagnosis', reason: 'ice-url-refused' })
      },
    })
    this.#machine = new MachineWatch(environment, {
      onNetworkChange: () => {
        this.calls.handleNetworkChange()
        this.channel.checkConnection()
      },
      onPageHide: () => this.channel.endSession(),
      onFreeze: () => this.channel.suspend(),
      onWake: () => this.channel.checkConnection(),
    })
    this.channel = new SignalingChannel(environment, {
      onWelcome: (...welcome) => this.emitter.batch(() => this.#handleWelcome(...welcome)),
      onMessage: (message) => this.emitter.batch(() => this.#handleMessage(message)),
      onRetry: (retry) => this.emitter.batch(() => this.#handleRetry(retry)),
      onRefused: (error) => this.emitter.batch(() => this.#handleRefused(error)),
    })
  }

  get state(): ClientState {
    return this.#state
  }

  /** The room that the client is in. */
  get room(): Room | undefined {
    return this.calls.room
  }

  start(overrides: BuddyClientOptions): Promise<void> {
    return this.#run?.promise ?? this.emitter.batch(() => this.#begin(overrides))
  }

  next(): void {
    this.emitter.batch(() => {
      const wasPaused = this.#run?.search.unpause() ?? false
      if (this.#endCall('next') || wasPaused) this.#requeue()
    })
  }

  setCriteria(criteria: CriteriaChange): void {
    const given: Partial<SearchCriteria> = Object.fromEntries(
      Object.entries(criteria).filter(([, value]) => value !== undefined),
    )
    const changed = { ...this.#criteria, ...given }
    // A run may have begun with criteria of its own.
    const search = this.#run?.search
    const present = search?.criteria ?? resolveOptions({ ...this.#options, ...this.#criteria })
    const all = { ...present, ...given }
    asReceived({ type: 'change', ...toCriteriaFields(all) }, 'invalid-options')
    this.#criteria = changed
    search?.setCriteria(all)
  }

  stop(): void {
    this.emitter.batch(() => {
      const run = this.#endRun()
      this.channel.send({ type: 'leave' })
      this.#release()
      this.#endCall('stop', 'stop')
      run?.reject(new BuddyError('aborted', 'stop() was called before the search began'))
    })
  }

  async preview(overrides: BuddyClientOptions): Promise<void> {
    const request = mediaRequest(resolveOptions({ ...this.#options, ...overrides }))
    if (request && !this.#run) await this.emitter.batch(() => this.devices.open(request))
  }

  /** Sends a report or block, and ends the call if it is about the present partner. */
  part(reason: 'report' | 'block', send: (run: ClientRun) => string): void {
    const run = this.#run
    if (!run) throw new BuddyError('not-in-call', 'there was no partner since start()')
    this.emitter.batch(() => {
      const room = send(run)
      if (room === this.room?.partner.room && this.#endCall(reason)) this.#requeue()
    })
  }

  #begin(overrides: BuddyClientOptions): Promise<void> {
    const options = { ...this.#options, ...this.#criteria, ...overrides }
    const run = new ClientRun(resolveOptions(options), {
      takeOffer: () => this.calls.takeOffer(),
      sending: () => this.media.sending,
      isConnected: () => this.channel.isConnected,
      send: (message) => this.channel.send(message),
      clock: this.#environment.clock,
      onReportLost: (error) => this.emitter.emit('error', error),
    })
    try {
      const { baseUrl, storage } = this.#environment
      const introduction = toIntroduction(run.options, baseUrl(), storage)
      this.calls.begin(run.options)
      this.#run = run
      this.#machine.begin()
      this.#advance('start')
      void this.#openMedia(run)
      this.channel.open(introduction)
    } catch (error) {
      run.reject(error as BuddyError)
    }
    return run.promise
  }

  async #openMedia(run: ClientRun): Promise<void> {
    const request = mediaRequest(run.options)
    try {
      if (request) await this.devices.open(request)
      else this.media.close()
      run.search.handleMediaReady()
    } catch (error) {
      if (this.#run !== run) return
      this.emitter.batch(() => {
        this.#endRun()
        this.#release()
        this.#endCall('stop', 'stop')
        run.reject(error as BuddyError)
      })
    }
  }

  #handleWelcome(welcome: MessageOf<'welcome'>, isResumed: boolean): void {
    const { iceServers, allowsText, isRestored } = welcome
    this.calls.setIceServers(iceServers)
    const { refusal } = this.calls
    if (refusal) return this.#handleRefused(refusal)
    const run = this.#run
    run?.reports.handleWelcome(isResumed)
    const isRoomGone = !isResumed || (isRestored && !this.room?.isRestorable)
    if (this.room && isRoomGone) this.#endCall('server-lost', 'server-lost')
    if (!isResumed || isRestored) run?.search.handleForgotten(this.room !== undefined)
    this.room?.setReachable('server', true)
    if (!run?.search.isPaused) this.#advance('server-back')
    this.emitter.emit('welcome', { isResumed, allowsText })
    this.#run?.search.requestIfDue()
  }

  #handleRetry(retry: Retry): void {
    // If the session may be resumed, a call continues, because its media does not go through the server.
    if (!this.room || !retry.mayResume) this.#endCall('server-lost', 'server-lost')
    this.room?.setReachable('server', false)
    this.emitter.emit('retry', retry)
  }

  #handleMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'waiting':
        this.#run?.search.handleAnswered(true)
        this.calls.close()
        this.calls.handleQueued()
        this.#advance('queued')
        this.#run?.resolve()
        this.emitter.emit('waiting', { online: message.online })
        return
      case 'searching': {
        this.#run?.search.handleSearching()
        const { type: _type, estimateMs, widensInMs, ...rest } = message
        this.emitter.emit('searching', {
          ...rest,
          estimateMs: estimateMs ?? undefined,
          widensInMs: widensInMs ?? undefined,
        })
        return
      }
      case 'measure':
        this.emitter.emit('measure', toMeasure(message))
        return
      case 'matched':
        this.#openRoom(message)
        return
      case 'signal':
      case 'text':
      case 'typing':
      case 'trust':
      case 'consent':
        this.room?.handleMessage(message)
        return
      case 'partner-left':
        // If the media path is broken, the partner probably left for that reason, so the call counts as
        // lost. If the partner has pressed Next, they left on purpose.
        if (this.room?.isInterrupted && message.reason !== 'next') this.#loseCall()
        else if (this.#endCall(`partner-${message.reason}`)) this.#requeue()
        return
      case 'partner-away':
      case 'partner-back':
        if (!this.room) return
        this.room.setReachable('partner', message.type === 'partner-back')
        this.emitter.emit('partner-away', { isAway: message.type === 'partner-away' })
        return
      case 'ice-servers':
        this.calls.setIceServers(message.iceServers)
        return
      case 'stats': {
        const { online, waiting, rooms } = message
        this.emitter.emit('stats', { online, waiting, rooms })
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
    else this.emitter.emit('error', error)
  }

  #handleRefused(error: BuddyError): void {
    const run = this.#endRun()
    this.#release()
    this.#endCall('server-lost', 'refused')
    if (!run?.reject(error)) this.emitter.emit('error', error)
  }

  #openRoom(matched: MessageOf<'matched'>): void {
    const run = this.#run
    if (!run) return
    run.reports.handleMatched(matched.room)
    run.search.handleAnswered(false)
    const room = this.calls.enter(matched, run.search.announcedSending, {
      onConnected: () => this.emitter.batch(() => this.#advance('call-connected')),
      onInterrupted: () => this.channel.checkConnection(),
      onFailed: (error) => this.emitter.batch(() => this.#handleCallFailed(room, error)),
    })
    this.#advance('matched')
    this.#run?.resolve()
    const { interests, languages, isRematch } = matched
    this.emitter.emit('match', {
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
    this.emitter.emit('error', error)
    if (this.room !== room) return
    if (room.hasConnected) {
      this.#loseCall()
      this.channel.send({ type: 'leave' })
    } else if (this.#endCall('call-failed')) this.#requeue()
  }

  /**
   * Ends the call, if there is one, and changes the state by `event`. Emits `leave` and returns true if
   * there was a call.
   */
  #endCall(reason: CallEndReason, event: ClientEvent = 'call-ended'): boolean {
    const hadPartner = this.room !== undefined
    this.calls.close()
    this.#advance(event)
    const isSearching = event === 'call-ended' || event === 'server-lost'
    if (hadPartner) this.emitter.emit('leave', { reason, isSearching })
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
    if (!this.channel.isConnected) this.#advance('server-lost')
  }

  #endRun(): ClientRun | undefined {
    const run = this.#run
    this.#run = undefined
    run?.search.end()
    run?.reports.end()
    return run
  }

  #release(): void {
    this.calls.end()
    this.#machine.end()
    this.channel.close()
    this.media.close()
  }

  #advance(event: ClientEvent): void {
    const previous = this.#state
    const state = transition(previous, event)
    if (state === undefined || state === previous) return
    this.#state = state
    this.emitter.emit('state', { state, previous })
  }
}
