import type { BuddyClientOptions, Unsubscribe } from '@buddy-chat/client'
import type { ReactiveController } from 'lit'
import type { ChatClient, ClientPart } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { isRunning } from '../view/is-running.ts'
import { ViewState } from '../view/view-state.ts'
import { explain, explainDevice } from '../words/explain.ts'
import type { Words } from '../words/words.ts'
import type { ControllerHost } from './controller-host.ts'
import { ClientListener } from './client-listener.ts'
import { Criteria } from './criteria.ts'
import { DoctorVisit } from './doctor-visit.ts'
import { GuardWatch } from './guard-watch.ts'
import { OwnDevices } from './own-devices.ts'
import { forgetAgreement } from './remembered-agreement.ts'
import { forgetCriteria } from './remembered-criteria.ts'
import { forgetDevices } from './remembered-devices.ts'
import { Reports } from './reports.ts'
import type { ShownSettings } from './settings.ts'
import { Settings } from './settings.ts'
import { Starts } from './starts.ts'
import { Veil } from './veil.ts'

/**
 * Controls one element. Carries out the actions of the visitor and of the page by calling the
 * client, and shows the results in the view. `ClientListener` handles the events of the client.
 */
export class ChatController implements ReactiveController {
  readonly client: ChatClient
  readonly actions: ChatActions
  readonly doctor: DoctorVisit
  readonly criteria: Criteria
  readonly reports: Reports
  readonly #viewState: ViewState
  readonly #listener: ClientListener
  readonly #devices: OwnDevices
  readonly #settings: Settings
  readonly #starts: Starts
  readonly #guard: GuardWatch
  readonly #veil: Veil
  #unsubscribes: Unsubscribe[] = []

  constructor(host: ControllerHost, part: ClientPart, client: ChatClient) {
    this.client = client
    const viewState = new ViewState(() => host.requestUpdate())
    this.#viewState = viewState
    this.#listener = new ClientListener({
      client,
      viewState,
      isWriting: () => host.isWriting(),
      onStopped: () => this.#starts.handleStopped(),
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
    this.criteria = new Criteria({
      client,
      onView: (criteria) => viewState.show({ criteria }),
      onChosen: (chosen) => void host.announce('buddy-criteria-change', chosen),
      onError: (error) => this.#listener.handleError(error),
    })
    this.#settings = new Settings(() => host.clientOptions())
    this.#starts = new Starts({
      client,
      host,
      viewState,
      settings: this.#settings,
      createError: part.createError,
      recallDevices: () => devices.recall(),
    })
    const announce: ControllerHost['announce'] = (name, detail) => host.announce(name, detail)
    this.#veil = new Veil({ client, viewState, announce })
    this.reports = new Reports({
      client,
      viewState,
      announce,
      onOpen: () => this.#veil.veilOwnPicture(),
    })
    this.doctor = new DoctorVisit({
      part,
      options: () => this.#settings.options,
      onView: (doctor) => this.#viewState.show({ doctor }),
      onError: (error) => this.#listener.handleError(error),
    })
    this.#guard = new GuardWatch({
      client,
      createRunner: part.createGuardRunner,
      createError: part.createError,
      view: () => this.view,
      source: () => host.guardSource(),
      isHidden: () => host.isHidden(),
      onView: (guard) => viewState.show({ guard }),
      onNotice: (notice) => viewState.showNotice(notice),
      // The call continues, so only the page receives the error.
      onError: (error) => void host.announce('buddy-error', { error }),
      announce: (change) => host.announce('buddy-guard', change),
      isRevealMutual: () => this.#settings.options.reveal === 'mutual',
    })
    this.actions = {
      start: (options) => void this.#starts.startByHand(options?.withoutCamera ?? false),
      answerAgreement: (isGiven) => this.#starts.answerAgreement(isGiven),
      preview: () => void this.#starts.preview(),
      closePreview: () => this.stop(),
      chooseDevice: (kind, id) => devices.choose(kind, id),
      flipCamera: () => devices.flip(),
      resumeDevice: (device) => devices.resume(device),
      toggleDevices: () => {
        this.#viewState.show({ isTextOpen: false })
        this.criteria.close()
        devices.togglePanel()
      },
      criteria: {
        ...this.criteria,
        toggle: () => {
          this.#viewState.show({ isTextOpen: false })
          if (this.view.devices.isPanelOpen) devices.togglePanel()
          this.criteria.toggle()
        },
      },
      next: () => client.next(),
      stop: () => this.stop(),
      trust: () => this.#trustByHand(),
      postponeTrust: () => this.#viewState.show({ isTrustPostponed: true }),
      showPartner: () => this.#guard.showPartner(),
      showSelf: () => this.#guard.showSelf(),
      reports: this.reports,
      toggleFace: () => this.#veil.toggle(),
      dismissMeasure: () => viewState.show({ measure: undefined }),
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
    this.#unsubscribes = [
      ...this.#devices.listen(),
      ...this.criteria.listen(),
      ...this.reports.listen(),
      ...this.#veil.listen(),
      ...this.#listener.listen(),
      ...this.#guard.listen(),
    ]
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
  configure(settings: Partial<ShownSettings>): void {
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
    if (await this.#starts.obtainAgreement()) await this.doctor.open()
  }

  /** Deletes what is stored of this visitor. Called when the page no longer sets `remember`. */
  forget(): void {
    forgetAgreement()
    forgetCriteria()
    forgetDevices()
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
    return this.#starts.start(overrides)
  }

  /**
   * Called when the element was inserted into a page, for the first time or again after
   * `release()`.
   */
  handleArrival(): void {
    this.#starts.handleArrival()
  }

  /**
   * Starts automatically, unless the chat was started or stopped after the element was inserted
   * into the page.
   */
  autostart(): void {
    this.#starts.autostart()
  }

  /**
   * Begins a start that has waited for the element to be inserted into a page or for an agreement. Passes
   * changes to the guard.
   */
  proceed(): void {
    this.#guard.refresh()
    this.#starts.proceed()
  }

  /** Stops the client, and cancels a start that has not begun yet. */
  stop(): void {
    this.#starts.stop()
  }

  /**
   * Called when the element has left the page for good. Stops the client and unsubscribes from its
   * events.
   */
  release(): void {
    this.#starts.release()
    this.#guard.release()
    this.doctor.close()
    this.reports.release()
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    this.#unsubscribes = []
    this.#viewState.release()
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
