import type { BuddyClientOptions, Unsubscribe } from '@buddy-chat/client'
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { ChatClient, ClientPart } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { BuddyEventDetails, BuddyEventName } from '../events.ts'
import { StartGate } from '../lifecycle/start-gate.ts'
import type { AgreementView } from '../view/agreement-view.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { isRunning } from '../view/is-running.ts'
import { ViewState } from '../view/view-state.ts'
import { explain, explainDevice } from '../words/explain.ts'
import type { Words } from '../words/words.ts'
import { Agreement } from './agreement.ts'
import { ClientListener } from './client-listener.ts'
import { DoctorVisit } from './doctor-visit.ts'
import { OwnDevices } from './own-devices.ts'
import { Settings } from './settings.ts'

/** What the controller needs from the element. */
export interface ControllerHost extends ReactiveControllerHost {
  readonly isConnected: boolean
  /** Returns the options for the next start, from the current attributes. */
  clientOptions(): BuddyClientOptions
  /** Returns whether the visitor's choices may be stored for the next visit. */
  remembersDevices(): boolean
  /** The version of the terms that the visitor has agreed to. */
  agreed: string
  /** Returns what the visitor has to agree to; undefined if nothing. */
  requiredAgreement(): AgreementView | undefined
  /** Returns whether the field for text messages has the focus. */
  isWriting(): boolean
  /** Dispatches a DOM event. Returns false if a listener has cancelled it. */
  announce<Name extends BuddyEventName>(name: Name, detail: BuddyEventDetails[Name]): boolean
}

/**
 * Controls one element. Carries out the actions of the visitor and of the page by calling the
 * client, and shows the results in the view. `ClientListener` handles the events of the client.
 */
export class ChatController implements ReactiveController {
  readonly client: ChatClient
  readonly actions: ChatActions
  readonly doctor: DoctorVisit
  readonly #host: ControllerHost
  readonly #viewState: ViewState
  readonly #listener: ClientListener
  readonly #devices: OwnDevices
  readonly #settings: Settings
  readonly #gate: StartGate
  readonly #agreement: Agreement
  #unsubscribes: Unsubscribe[] = []

  constructor(host: ControllerHost, part: ClientPart, client: ChatClient) {
    this.#host = host
    this.client = client
    const viewState = new ViewState(() => host.requestUpdate())
    this.#viewState = viewState
    this.#listener = new ClientListener({
      client,
      viewState,
      isWriting: () => host.isWriting(),
      onStopped: () => this.#endSettings(),
      announce: (name, detail) => void host.announce(name, detail),
    })
    const devices = new OwnDevices({
      client,
      remembers: () => host.remembersDevices(),
      onView: (view) => viewState.show({ devices: view }),
      onChange: (change) => {
        if (change.status === 'replaced') viewState.showNotice(explainDevice(this.#words, change))
        host.announce('buddy-device', change)
      },
      onError: (error) => {
        viewState.showNotice(explain(this.#words, error).title)
        host.announce('buddy-error', { error })
      },
    })
    this.#devices = devices
    this.#settings = new Settings(() => host.clientOptions())
    this.#agreement = new Agreement({
      required: () => host.requiredAgreement(),
      agreed: () => host.agreed,
      remembers: () => host.remembersDevices(),
      announce: (answer) => host.announce('buddy-agreement', answer),
      onQuestion: (agreement) => viewState.show({ agreement, isAgreementRefused: false }),
      onAgreed: (version) => (host.agreed = version),
      onRefused: (isCancelled) => {
        this.#gate.stop()
        viewState.show({ isAgreementRefused: !isCancelled })
      },
    })
    this.#gate = new StartGate({
      client,
      isInPage: () => host.isConnected,
      hasAgreement: () => this.#agreement.request(),
      mayStart: () => host.announce('buddy-start', null),
      begin: (overrides) => this.#begin(overrides),
      createError: part.createError,
    })
    this.doctor = new DoctorVisit({
      part,
      options: () => this.#settings.options,
      onView: (doctor) => this.#viewState.show({ doctor }),
      onError: (error) => this.#listener.handleError(error),
    })
    this.actions = {
      start: (options) => void this.#startByHand(options?.withoutCamera ?? false),
      answerAgreement: (isGiven) => this.#agreement.answer(isGiven),
      preview: () => void this.#preview(),
      closePreview: () => this.stop(),
      chooseDevice: (kind, id) => devices.choose(kind, id),
      flipCamera: () => devices.flip(),
      resumeDevice: (device) => devices.resume(device),
      toggleDevices: () => {
        this.#viewState.show({ isTextOpen: false })
        devices.togglePanel()
      },
      next: () => client.next(),
      stop: () => this.stop(),
      trust: () => this.#trustByHand(),
      postponeTrust: () => this.#viewState.show({ isTrustPostponed: true }),
      toggleMicrophone: () => client.setAudioEnabled(!client.sending.audio),
      toggleCamera: () => client.setVideoEnabled(!client.sending.video),
      toggleText: () => this.#viewState.show({ isTextOpen: !this.view.isTextOpen, unread: 0 }),
      send: (text) => this.#sendByHand(text),
      type: () => client.notifyTyping(),
      rename: (name) => this.configure({ name }),
      retryNow: () => client.retryNow(),
      play: () => this.#viewState.show({ needsPlay: false }),
      openDoctor: () => void this.openDoctor(),
      closeDoctor: () => this.doctor.close(),
    }
    host.addController(this)
  }

  get view(): ChatView {
    return this.#viewState.view
  }

  hostConnected(): void {
    if (this.#unsubscribes.length > 0) return
    this.#unsubscribes = [...this.#devices.listen(), ...this.#listener.listen()]
  }

  hostUpdate(): void {
    this.#viewState.announceChanges()
  }

  get #words(): Words {
    return this.view.words
  }

  /** The visitor's name that the next start will use. */
  get name(): string {
    return this.#settings.name
  }

  /**
   * Changes settings of the next start. A client that runs keeps the settings that it was started
   * with. A preview is closed if the next start would open other devices.
   */
  configure(settings: Partial<Pick<ChatView, 'mode' | 'name' | 'hasText' | 'hasCamera'>>): void {
    const needsOtherDevices = this.#settings.change(settings)
    const isPreviewing = this.view.localStream || this.view.isOpeningPreview
    if (needsOtherDevices && isPreviewing && !isRunning(this.client)) this.client.stop()
    this.#viewState.show(this.#settings.view)
  }

  /**
   * Shows the button that plays the partner's video. Called when the browser refuses to play it
   * without a user gesture.
   */
  askForPlay(): void {
    this.#viewState.show({ needsPlay: true })
  }

  /**
   * Opens the connection doctor once the visitor has agreed to what the page requires. Resolves when all checks
   * are done, or when the dialog or the question is closed.
   */
  async openDoctor(): Promise<void> {
    if (this.#agreement.request() || (await this.#agreement.obtain())) await this.doctor.open()
  }

  /** Selects the system's default speaker. Called when the chosen speaker cannot be used. */
  refuseSpeaker(): void {
    this.#devices.refuseSpeaker()
  }

  /**
   * Starts the client once the element is in a page, unless a listener of `buddy-start` prevents
   * it.
   * @throws BuddyError (as a rejection) the errors of `BuddyClient.start`, which the element also
   * shows
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    return this.#gate.start(overrides)
  }

  /**
   * Called when the element was inserted into a page, for the first time or again after
   * `release()`.
   */
  handleArrival(): void {
    this.#gate.handleArrival()
  }

  /**
   * Starts automatically, unless the chat was started or stopped after the element was inserted
   * into the page.
   */
  autostart(): void {
    if (this.#gate.takeAutostart()) void this.#startByHand(false)
  }

  /**
   * Begins a start that waits for the element to be inserted into a page or for an agreement, if that has
   * happened.
   */
  proceed(): void {
    this.#agreement.refresh()
    this.#gate.proceed()
  }

  /** Stops the client, and cancels a start that has not begun yet. */
  stop(): void {
    this.#agreement.close()
    this.#gate.stop()
  }

  /**
   * Called when the element has left the page for good. Stops the client and unsubscribes from its
   * events.
   */
  release(): void {
    this.#agreement.close()
    this.#gate.release()
    this.doctor.close()
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    this.#unsubscribes = []
    this.#viewState.release()
  }

  async #begin(overrides: BuddyClientOptions): Promise<void> {
    this.#devices.recall()
    const options = this.#settings.begin(overrides)
    this.#viewState.show({
      problem: undefined,
      isPreviewProblem: false,
      isAgreementRefused: false,
      notice: undefined,
    })
    try {
      await this.client.start(options)
    } catch (error) {
      if (!isRunning(this.client)) this.#endSettings()
      if (isBuddyError(error) && error.code !== 'aborted') this.#viewState.show({ problem: error })
      throw error
    }
  }

  #endSettings(): void {
    this.#settings.end()
    this.#viewState.show(this.#settings.view)
  }

  async #preview(): Promise<void> {
    if (!this.#agreement.request() && !(await this.#agreement.obtain())) return
    this.#devices.recall()
    this.#viewState.show({ problem: undefined, isPreviewProblem: false, isOpeningPreview: true })
    try {
      await this.client.preview(this.#host.clientOptions())
    } catch (error) {
      if (!isBuddyError(error)) throw error
      this.#viewState.show({ problem: error, isPreviewProblem: true })
      this.#host.announce('buddy-error', { error })
    } finally {
      this.#viewState.show({ isOpeningPreview: false })
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

  /** Calls `act`. If it fails, shows a notice and returns false. */
  #tryWithPartner(act: () => void): boolean {
    try {
      act()
      return true
    } catch (error) {
      if (!isBuddyError(error)) throw error
      // `not-in-call` means that the partner has just left, which the element shows already.
      if (error.code !== 'not-in-call') this.#viewState.showNotice(explain(this.#words, error).body)
      return false
    }
  }
}
