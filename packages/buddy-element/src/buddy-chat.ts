import type {
  BuddyClient,
  BuddyClientOptions,
  ClientState,
  ReportDetails,
  ReportReason,
} from '@buddy-chat/client'
import type { GuardSource } from '@buddy-chat/client/guard'
import type { PropertyValues, TemplateResult } from 'lit'
import { supportsAdoptingStyleSheets } from 'lit'
import { toMode, toReveal } from './attributes.ts'
import { ChatProperties, textProperties } from './chat-properties.ts'
import { obtainClientPart } from './client/obtain-client-part.ts'
import { ChatController } from './controller/chat-controller.ts'
import type { ControllerHost } from './controller/controller-host.ts'
import { criteriaSettingsOf } from './controller/criteria-settings.ts'
import { RenderEffects } from './effects/render-effects.ts'
import type { BuddyEventDetails, BuddyEventName } from './events.ts'
import { createEvent } from './events.ts'
import { guardSource } from './controller/load-guard.ts'
import { Keyboard } from './keyboard.ts'
import { PagePresence } from './lifecycle/page-presence.ts'
import { adoptDocumentStyles } from './styles/document-styles.ts'
import { styles } from './styles/styles.ts'
import { chat } from './templates/chat.ts'
import type { ChosenCriteria } from './view/criteria-view.ts'
import { version } from './version.ts'
import type { AgreementView } from './view/agreement-view.ts'

/**
 * Random one-to-one chat in one tag. Before the visitor presses Start, the element opens no camera and no
 * connection, and sets no cookie. It releases everything half a second after it was removed from the page. A
 * page can therefore move it, also to another window, without ending the call.
 *
 * @tagname buddy-chat
 * @fires buddy-start - the visitor or the page starts the chat; `preventDefault()` prevents it
 * @fires buddy-agreement - `{ version, agreed }`; `preventDefault()` keeps the chat from starting
 * @fires buddy-state-change - `{ state, previous }`
 * @fires buddy-match - `{ partner, interests, languages, isRematch }`
 * @fires buddy-criteria-change - `{ interests, languages }`
 * @fires buddy-message - `{ text, from }`
 * @fires buddy-leave - `{ reason }`
 * @fires buddy-quality - `{ receiving, sending, stats }`
 * @fires buddy-interruption - `{ step }`
 * @fires buddy-device - `{ device, status, label, error }`
 * @fires buddy-trust - `{ self, partner }`
 * @fires buddy-guard - `{ subject, verdict, label, score }`; `preventDefault()` prevents the element's action
 * @fires buddy-reveal - `{ self, partner, isRevealed }`
 * @fires buddy-report - `{ reason, room }`; `preventDefault()` prevents the report
 * @fires buddy-block - `{ room }`; `preventDefault()` prevents the block
 * @fires buddy-error - `{ error }`
 * @slot logo - replaces Buddy's logo on the start screen
 * @slot start - more text on the start screen, such as house rules
 * @slot agreement - replaces the words of the question that `agreement` requires
 * @csspart frame - the whole element
 * @csspart stage - the area of the videos
 * @csspart controls - the bar of buttons; each button is a part named `control`
 * @csspart text-panel - messages and the text field
 * @cssprop [--buddy-accent=#7c5cff] - colour of the main buttons
 * @cssprop [--buddy-accent-text=#fff] - colour of the text on the main buttons
 * @cssprop [--buddy-radius=18px] - radius of the element's corners
 * @cssprop [--buddy-font=system-ui] - font family
 */
export class BuddyChat extends ChatProperties implements ControllerHost {
  static override styles = styles

  /** The version of this package, such as `1.2.3`. */
  static readonly version: string = version

  /**
   * URL of the server that is used if `server` is empty. The script of a Buddy server sets it to
   * that server. The script of a CDN sets it to null, which means that there is none: without
   * `server`, a start fails with `server-missing`. Empty: the origin of the page.
   */
  static defaultServer: string | null = ''

  readonly #part = obtainClientPart()
  readonly #client = this.createClient()
  readonly #controller = new ChatController(this, this.#part, this.#client)
  readonly #keyboard = new Keyboard({
    root: () => this.renderRoot,
    view: () => this.#controller.view,
    actions: this.#controller.actions,
  })
  readonly #effects = new RenderEffects({
    root: () => this.shadowRoot,
    watchAudioLevel: this.#part.watchAudioLevel,
    onPlayRefused: () => this.#controller.askForPlay(),
    onSpeakerRefused: () => this.#controller.refuseSpeaker(),
  })
  readonly #internals = this.attachInternals?.()
  #shownState: ClientState | undefined
  #guardSource: GuardSource | undefined
  readonly #presence = new PagePresence({ element: this, onEnd: () => this.#release() })

  /** The client that the element uses. A page can use it for what the element has no method for. */
  get client(): BuddyClient {
    return this.#client
  }

  get state(): ClientState {
    return this.client.state
  }

  get localStream(): MediaStream | undefined {
    return this.client.localStream
  }

  get remoteStream(): MediaStream | undefined {
    return this.client.remoteStream
  }

  /** The visitor's interests and languages, as the search uses them. */
  get criteria(): ChosenCriteria {
    return this.#controller.criteria.chosen
  }

  /**
   * Opens the devices and looks for a partner, as if the visitor had pressed Start. If the element
   * is not in a page, the start waits until the element is inserted into one.
   * @throws BuddyError (as a rejection) see `BuddyClient.start`
   */
  start(): Promise<void> {
    // Without this, attributes that were set in the same task would not apply to this start.
    if (this.isConnected) this.performUpdate()
    return this.#controller.start()
  }

  /** Leaves the partner and looks for the next one. */
  next(): void {
    this.client.next()
  }

  /** Leaves the partner and the server, and releases camera and microphone. */
  stop(): void {
    this.#controller.stop()
  }

  /**
   * Sends a text message to the partner.
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-text`, `text-filtered`
   */
  send(text: string): void {
    this.client.send(text)
  }

  /**
   * Agrees to a direct connection, in which the partner may learn the visitor's address. The call
   * becomes direct once both users have agreed. See `relayuntiltrusted`.
   * @throws BuddyError `not-in-call`, `server-unreachable`
   */
  trust(): void {
    this.client.trust()
  }

  /**
   * Plays the partner on another speaker. Has no effect if the browser does not let pages choose a
   * speaker.
   * @param id an `id` of `client.listDevices()`; empty for the system's default speaker
   */
  setSpeaker(id: string): void {
    this.#controller.actions.chooseDevice('speaker', id)
  }

  /**
   * Reports the current partner to the operator, or the latest one if there is none now. A call with that
   * partner ends, and the two never meet again. Does nothing if a listener cancels `buddy-report`.
   * @param details the room of an earlier partner (`partner.room` of that partner's `buddy-match` event), or
   * an object with `room`, a `note` and a `still`; see `BuddyClient.report`
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-options`
   */
  report(reason: ReportReason, details: string | ReportDetails = {}): void {
    this.#controller.reports.report(
      reason,
      typeof details === 'string' ? { room: details } : details,
    )
  }

  /**
   * Blocks the current partner without a report, or the latest one if there is none now. A call with that
   * partner ends, and the two never meet again. Does nothing if a listener cancels `buddy-block`.
   * @param room blocks an earlier partner: `partner.room` of that partner's `buddy-match` event
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-options`
   */
  block(room?: string): void {
    this.#controller.reports.block(room)
  }

  /**
   * With `reveal="mutual"`: agrees that the partner sees the visitor's face, or covers it again at once. Both
   * pictures are clear while both visitors agree.
   * @throws BuddyError `not-in-call`, `server-unreachable`
   */
  setRevealed(isRevealed: boolean): void {
    this.client.setRevealed(isRevealed)
  }

  /** Opens the report sheet, if there is a partner to report. */
  showReport(): void {
    this.#controller.reports.open()
  }

  /**
   * Opens the connection doctor, which finds out why calls fail and shows what the visitor can do.
   * Its checks cause no permission prompt. Resolves when all checks are done, or when the dialog is
   * closed.
   */
  async showDoctor(): Promise<void> {
    await this.updateComplete
    return this.#controller.openDoctor()
  }

  /** @internal */
  clientOptions(): BuddyClientOptions {
    const { server, site, token, lobby, novideo, lowdata } = this
    const { defaultServer } = this.constructor as typeof BuddyChat
    return {
      server: server || defaultServer,
      site,
      token,
      lobby,
      mode: toMode(this.mode),
      name: this.#controller.name,
      ...this.#controller.criteria.searched,
      camera: !novideo,
      relayOnly: this.relayonly,
      relayUntilTrusted: this.relayuntiltrusted,
      lowData: lowdata,
      proof: this.proof,
      visitorStorage: this.novisitorid ? 'none' : 'local',
      reveal: toReveal(this.reveal),
      revealAudio: !this.silentreveal,
      textFilter: (text, direction) => (this.textFilter ? this.textFilter(text, direction) : text),
    }
  }

  /** @internal */
  requiredAgreement(): AgreementView | undefined {
    const { agreement: version, minage, termsurl: termsUrl, privacyurl: privacyUrl } = this
    return version ? { version, minAge: minage || 0, termsUrl, privacyUrl } : undefined
  }

  /** @internal */
  guardSource(): GuardSource | undefined {
    return this.#guardSource
  }

  /** @internal */
  isHidden(): boolean {
    return this.ownerDocument.visibilityState === 'hidden'
  }

  /** @internal */
  isWriting(): boolean {
    return this.shadowRoot?.activeElement?.localName === 'textarea'
  }

  /** @internal */
  remembersDevices(): boolean {
    return this.remember
  }

  /** @internal */
  announce<Name extends BuddyEventName>(name: Name, detail: BuddyEventDetails[Name]): boolean {
    return this.dispatchEvent(createEvent(name, detail))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.addEventListener('keydown', this.#keyboard.handleKeyDown)
    if (this.#presence.handleConnected()) this.#controller.handleArrival()
    // A start that waits for the insertion begins after this update. The update also plays the
    // videos again, because browsers pause videos that are removed from a page.
    this.requestUpdate()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#effects.releasePictures()
    this.#presence.handleDisconnected()
  }

  /**
   * Empty, but it must exist. Without it, `moveBefore()` would call `disconnectedCallback` and
   * `connectedCallback`.
   */
  protected connectedMoveCallback(): void {}

  /**
   * Called when the element was moved to another document, for example into an iframe, a popup or a
   * picture-in-picture window, or back.
   */
  protected adoptedCallback(): void {
    this.#adoptStyles()
  }

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    if (this.shadowRoot || !supportsAdoptingStyleSheets) return super.createRenderRoot()
    // Lit would adopt style sheets of the document that defined the class. Other documents refuse
    // these.
    const root = this.attachShadow((this.constructor as typeof BuddyChat).shadowRootOptions)
    this.#adoptStyles()
    return root
  }

  /** Creates the client. Tests override this. */
  protected createClient(): BuddyClient {
    // Checks the window that the element is in, for example a popup. That window may be visible
    // while the window that loaded this code is hidden.
    return this.#part.createClient(() => this.isHidden())
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // Frameworks set a property to undefined if its value is missing, and to null if it is removed.
    for (const name of textProperties) this[name] ??= ''
    this.#effects.prepare()
    if (changed.has('lowdata')) this.client.setLowData(this.lowdata)
    if (changed.has('guard')) {
      this.#guardSource = guardSource(
        this.guard,
        (name) => this.#part.serverFileUrl(this.clientOptions().server ?? '', name),
        this.ownerDocument.baseURI,
      )
    }
    if (changed.size === 0) return
    if (changed.get('remember')) this.#controller.forget()
    this.#controller.criteria.configure(
      criteriaSettingsOf(this, this.#controller.view.words.language),
    )
    this.#controller.configure({
      ...(changed.has('name') && { name: this.name }),
      mode: toMode(this.mode),
      hasCamera: !this.novideo,
      hasText: !this.notext,
      offersReport: !this.noreport,
      isMutual: toReveal(this.reveal) === 'mutual',
    })
  }

  protected override render(): TemplateResult {
    return chat(this.#controller.view, this.#controller.actions)
  }

  protected override updated(): void {
    this.#reflectState()
    this.#effects.apply(this.#controller.view)
    this.#controller.proceed()
    if (this.autostart) this.#controller.autostart()
  }

  #adoptStyles(): void {
    const { elementStyles } = this.constructor as typeof BuddyChat
    if (this.shadowRoot && supportsAdoptingStyleSheets) {
      adoptDocumentStyles(this.shadowRoot, elementStyles)
    }
  }

  #release(): void {
    this.removeEventListener('keydown', this.#keyboard.handleKeyDown)
    this.#controller.release()
    this.#effects.releaseLevel()
  }

  #reflectState(): void {
    const { state } = this.#controller.view
    if (state === this.#shownState) return
    const states = this.#internals?.states
    if (this.#shownState) states?.delete(this.#shownState)
    states?.add(state)
    this.#shownState = state
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'buddy-chat': BuddyChat
  }
}
