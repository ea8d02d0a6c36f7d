import type { BuddyClientOptions, BuddyError, ClientEvents, Unsubscribe } from '@buddy-chat/client'
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { announcement } from '../view/announcement.ts'
import type { ChatClient, ClientPart } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import { DoctorVisit } from './doctor-visit.ts'
import type { BuddyEventDetails, BuddyEventName } from '../events.ts'
import { OwnDevices } from './own-devices.ts'
import { Settings } from './settings.ts'
import { isRunning, StartGate } from '../lifecycle/start-gate.ts'
import type { ChatActions, ChatView } from '../view/chat-view.ts'
import { initialView, withLine } from '../view/chat-view.ts'
import { visibleName } from '../view/visible-name.ts'
import { explain, leaveNotice, words } from '../words/english.ts'

/** How long a passing remark stays. */
const noticeMs = 6000

/** What the controller needs of the element, and nothing more. */
export interface ControllerHost extends ReactiveControllerHost {
  readonly isConnected: boolean
  /** Options for the next start, as the attributes have them now. */
  clientOptions(): BuddyClientOptions
  /** Whether chosen devices may be kept for the next visit. */
  remembersDevices(): boolean
  /** Whether the visitor is writing a message. */
  isWriting(): boolean
  /** Dispatches a DOM event; false where it was cancelled. */
  announce<Name extends BuddyEventName>(name: Name, detail: BuddyEventDetails[Name]): boolean
}

/**
 * The only part of the element that touches the client: turns its events into a view for the
 * templates and into DOM events for the page, and a person's actions into calls.
 */
export class ChatController implements ReactiveController {
  readonly client: ChatClient
  readonly actions: ChatActions
  readonly doctor: DoctorVisit
  readonly #host: ControllerHost
  readonly #devices: OwnDevices
  readonly #settings: Settings
  readonly #gate: StartGate
  #view: ChatView = initialView
  #announced: ChatView = initialView
  #unsubscribes: Unsubscribe[] = []
  #noticeTimer: number | undefined
  #countdown: number | undefined

  constructor(host: ControllerHost, part: ClientPart, client: ChatClient) {
    this.#host = host
    this.client = client
    const devices = new OwnDevices({
      client,
      remembers: () => host.remembersDevices(),
      onView: (view) => this.#show({ devices: view }),
      onNotice: (notice) => this.#tell(notice),
      onChange: (change) => void host.announce('buddy-device', change),
      onError: (error) => void host.announce('buddy-error', { error }),
    })
    this.#devices = devices
    this.#settings = new Settings(() => host.clientOptions())
    this.#gate = new StartGate({
      client,
      isInPage: () => host.isConnected,
      mayStart: () => host.announce('buddy-start', null),
      begin: (overrides) => this.#begin(overrides),
      createError: part.createError,
    })
    this.doctor = new DoctorVisit({
      part,
      options: () => this.#settings.options,
      onView: (doctor) => this.#show({ doctor }),
      onError: (error) => this.#handleError(error),
    })
    this.actions = {
      start: (options) => void this.#startByHand(options?.withoutCamera ?? false),
      preview: () => void this.#preview(),
      closePreview: () => this.stop(),
      chooseDevice: (kind, id) => devices.choose(kind, id),
      flipCamera: () => devices.flip(),
      resumeDevice: (device) => devices.resume(device),
      toggleDevices: () => {
        this.#show({ isTextOpen: false })
        devices.togglePanel()
      },
      next: () => client.next(),
      stop: () => this.stop(),
      trust: () => this.#trustByHand(),
      putTrustOff: () => this.#show({ isTrustPutOff: true }),
      toggleMicrophone: () => client.setAudioEnabled(!client.sending.audio),
      toggleCamera: () => client.setVideoEnabled(!client.sending.video),
      toggleText: () => this.#show({ isTextOpen: !this.#view.isTextOpen, unread: 0 }),
      send: (text) => this.#sendByHand(text),
      type: () => client.notifyTyping(),
      rename: (name) => this.configure({ name }),
      retryNow: () => client.retryNow(),
      play: () => this.#show({ needsPlay: false }),
      openDoctor: () => void this.doctor.open(),
      closeDoctor: () => this.doctor.close(),
    }
    host.addController(this)
  }

  get view(): ChatView {
    return this.#view
  }

  hostConnected(): void {
    if (this.#unsubscribes.length > 0) return
    this.#unsubscribes = this.#listen()
  }

  /** What has changed since the latest rendering is announced as a whole. */
  hostUpdate(): void {
    const said = announcement(this.#announced, this.#view)
    if (said !== undefined) this.#view = { ...this.#view, announcement: said }
    this.#announced = this.#view
  }

  /** The visitor's name, for the next start. */
  get name(): string {
    return this.#settings.name
  }

  /** Takes over what the attributes say, for the next start: what runs goes on as it was started. */
  configure(settings: Partial<Pick<ChatView, 'mode' | 'name' | 'hasText' | 'hasCamera'>>): void {
    const needsOtherDevices = this.#settings.change(settings)
    const isPreviewing = this.#view.localStream || this.#view.isOpeningPreview
    if (needsOtherDevices && isPreviewing && !isRunning(this.client)) this.client.stop()
    this.#show(this.#settings.view)
  }

  /** Asks for a gesture before the partner is played. */
  askForPlay(): void {
    this.#show({ needsPlay: true })
  }

  /** The chosen speaker cannot be used. */
  refuseSpeaker(): void {
    this.#devices.refuseSpeaker()
  }

  /**
   * Starts unless a listener of `buddy-start` forbids it; if the element is in no page, as soon as it is.
   * @throws BuddyError (as a rejection) as `BuddyClient.start`; the screen shows it as well
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    return this.#gate.start(overrides)
  }

  /** The element has come into a page, at first or after `release()`. */
  handleArrival(): void {
    this.#gate.handleArrival()
  }

  /** Starts by itself, if nobody has started or stopped it since it came into the page. */
  autostart(): void {
    if (this.#gate.takeAutostart()) void this.#startByHand(false)
  }

  /** A start that waits for the element to be in a page begins, if it is. */
  proceed(): void {
    this.#gate.proceed()
  }

  /** Ends everything, also a start that has not begun. */
  stop(): void {
    this.#gate.stop()
  }

  /** Ends everything and lets go of the client: the element has left the page. */
  release(): void {
    this.#gate.release()
    this.doctor.close()
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    this.#unsubscribes = []
    this.#stopCountdown()
    clearTimeout(this.#noticeTimer)
    this.#show({ notice: undefined, problem: undefined })
  }

  async #begin(overrides: BuddyClientOptions): Promise<void> {
    this.#devices.recall()
    const options = this.#settings.begin(overrides)
    this.#show({ problem: undefined, isPreviewProblem: false, notice: undefined })
    try {
      await this.client.start(options)
    } catch (error) {
      if (!isRunning(this.client)) this.#endSettings()
      if (isBuddyError(error) && error.code !== 'aborted') this.#show({ problem: error })
      throw error
    }
  }

  #endSettings(): void {
    this.#settings.end()
    this.#show(this.#settings.view)
  }

  async #preview(): Promise<void> {
    this.#devices.recall()
    this.#show({ problem: undefined, isPreviewProblem: false, isOpeningPreview: true })
    try {
      await this.client.preview(this.#host.clientOptions())
    } catch (error) {
      if (!isBuddyError(error)) throw error
      this.#show({ problem: error, isPreviewProblem: true })
      this.#host.announce('buddy-error', { error })
    } finally {
      this.#show({ isOpeningPreview: false })
    }
  }

  async #startByHand(withoutCamera: boolean): Promise<void> {
    try {
      await this.start(withoutCamera ? { camera: false } : {})
    } catch (error) {
      if (!isBuddyError(error)) throw error
      if (error.code !== 'aborted') this.#host.announce('buddy-error', { error })
    }
  }

  #sendByHand(text: string): boolean {
    return this.#tryWithPartner(() => this.client.send(text))
  }

  #trustByHand(): void {
    this.#tryWithPartner(() => this.client.trust())
  }

  /** False, and said, where it could not be done. */
  #tryWithPartner(act: () => void): boolean {
    try {
      act()
      return true
    } catch (error) {
      if (!isBuddyError(error)) throw error
      // The partner has just gone; the page says so already.
      if (error.code !== 'not-in-call') this.#tell(explain(error).body)
      return false
    }
  }

  #listen(): Unsubscribe[] {
    const { client } = this
    return [
      ...this.#devices.listen(),
      client.on('state', (change) => this.#handleState(change)),
      client.on('local-stream', (localStream) => this.#show({ localStream })),
      client.on('remote-stream', (remoteStream) => this.#show({ remoteStream, needsPlay: false })),
      client.on('match', (match) => this.#handleMatch(match)),
      client.on('message', (line) => this.#handleMessage(line)),
      client.on('typing', ({ isTyping }) => this.#show({ isPartnerTyping: isTyping })),
      client.on('trust', (trust) => this.#handleTrust(trust)),
      client.on('partner-sending', (partnerSending) => this.#show({ partnerSending })),
      client.on('sending', (sending) => this.#show({ sending })),
      client.on('leave', (leave) => this.#handleLeave(leave)),
      client.on('waiting', ({ online }) => this.#show({ online })),
      client.on('stats', ({ online }) => this.#show({ online })),
      client.on('retry', (retry) => this.#handleRetry(retry)),
      client.on('welcome', ({ allowsText }) => this.#handleWelcome(allowsText)),
      client.on('quality', (quality) => this.#handleQuality(quality)),
      client.on('interruption', ({ step }) => this.#handleInterruption(step)),
      client.on('partner-away', ({ isAway }) => this.#show({ isPartnerAway: isAway })),
      client.on('error', (error) => this.#handleError(error)),
    ]
  }

  #handleState({ state, previous }: ClientEvents['state']): void {
    this.#stopCountdown()
    // A listener may have started the client again before this event was delivered.
    if (!isRunning(this.client)) this.#endSettings()
    this.#show({
      state,
      retry: undefined,
      ...(state !== 'reconnecting' && { isLost: false }),
      ...((state === 'connected' || state === 'idle') && { hasCallFailed: false }),
    })
    this.#host.announce('buddy-state-change', { state, previous })
  }

  #handleMatch({ partner, interests }: ClientEvents['match']): void {
    clearTimeout(this.#noticeTimer)
    this.#show({
      partner: { ...partner, name: visibleName(partner.name, words.stranger) },
      interests: interests.filter((interest) => visibleName(interest, '')),
      lines: [],
      unread: 0,
      notice: undefined,
      isPartnerTyping: false,
      isPartnerAway: false,
      interruption: 'none',
      quality: initialView.quality,
      isLost: false,
      partnerSending: initialView.partnerSending,
      trust: undefined,
      isTrustPutOff: false,
    })
    this.#host.announce('buddy-match', { partner, interests })
  }

  #handleMessage(line: ClientEvents['message']): void {
    const { lines, unread, isTextOpen } = this.#view
    const isUnread = line.from === 'partner' && !isTextOpen
    this.#show({ lines: withLine(lines, line), unread: isUnread ? unread + 1 : unread })
    this.#host.announce('buddy-message', line)
  }

  #handleLeave({ reason, isSearching }: ClientEvents['leave']): void {
    const isLost = reason === 'call-failed' && !isSearching
    const notice = leaveNotice(reason, this.#view.partner?.name ?? '')
    this.#show({
      partner: undefined,
      isPartnerTyping: false,
      // The message that is being written stays under the visitor's hands.
      isTextOpen: this.#view.isTextOpen && this.#host.isWriting(),
      unread: 0,
      interruption: 'none',
      isLost,
      ...(reason === 'call-failed' && { hasCallFailed: true }),
    })
    if (notice && !isLost) this.#tell(notice)
    this.#host.announce('buddy-leave', { reason })
  }

  #handleQuality(quality: ClientEvents['quality']): void {
    const { receiving, sending } = quality
    const shown = this.#view.quality
    // It is told every 2 s, and is mostly the same but for the figures.
    const isShown = receiving === shown.receiving && sending === shown.sending
    if (!isShown) this.#show({ quality: { receiving, sending } })
    this.#host.announce('buddy-quality', quality)
  }

  #handleInterruption(step: ClientEvents['interruption']['step']): void {
    this.#show({ interruption: step })
    this.#host.announce('buddy-interruption', { step })
  }

  #handleTrust(trust: ClientEvents['trust']): void {
    this.#show({ trust })
    if (trust.self && trust.partner) this.#tell(words.bothTrust)
    this.#host.announce('buddy-trust', trust)
  }

  #handleWelcome(allowsText: boolean): void {
    this.#stopCountdown()
    this.#show({ retry: undefined, allowsText })
  }

  #handleRetry({ delayMs, error }: ClientEvents['retry']): void {
    this.#stopCountdown()
    let seconds = Math.ceil(delayMs / 1000)
    this.#show({ retry: { error, seconds } })
    this.#countdown = window.setInterval(() => {
      seconds = Math.max(0, seconds - 1)
      this.#show({ retry: { error, seconds } })
      if (seconds === 0) this.#stopCountdown()
    }, 1000)
  }

  #handleError(error: BuddyError): void {
    if (this.client.state === 'closed') this.#show({ problem: error })
    else this.#tell(explain(error).title)
    this.#host.announce('buddy-error', { error })
  }

  #tell(notice: string): void {
    clearTimeout(this.#noticeTimer)
    this.#show({ notice })
    this.#noticeTimer = window.setTimeout(() => this.#show({ notice: undefined }), noticeMs)
  }

  #stopCountdown(): void {
    clearInterval(this.#countdown)
    this.#countdown = undefined
  }

  #show(change: Partial<ChatView>): void {
    this.#view = { ...this.#view, ...change }
    this.#host.requestUpdate()
  }
}
