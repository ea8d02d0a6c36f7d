import type {
  BuddyClient,
  BuddyClientOptions,
  ClientState,
  Mode,
  ReportReason,
  TokenSource,
} from '@buddy-chat/client'
import type { PropertyValues, TemplateResult } from 'lit'
import { LitElement, supportsAdoptingStyleSheets } from 'lit'
import { property } from 'lit/decorators.js'
import { obtainClientPart } from './client/obtain-client-part.ts'
import type { ControllerHost } from './controller/chat-controller.ts'
import { ChatController } from './controller/chat-controller.ts'
import { adoptDocumentStyles } from './styles/document-styles.ts'
import type { BuddyEventDetails, BuddyEventName } from './events.ts'
import { createEvent } from './events.ts'
import { Keyboard } from './keyboard.ts'
import { RenderEffects } from './effects/render-effects.ts'
import { PagePresence } from './lifecycle/page-presence.ts'
import { styles } from './styles/styles.ts'
import { chat } from './templates/chat.ts'

const modes: readonly string[] = ['video', 'audio', 'text'] satisfies readonly Mode[]

/** An attribute that is removed is an empty text, as it was before it was set. */
const text = { fromAttribute: (value: string | null): string => value ?? '' }

/** `jazz, chess` → `['jazz', 'chess']`. */
function toList(value: string | readonly string[]): readonly string[] {
  const parts = typeof value === 'string' ? value.split(',') : value
  return parts.flatMap((part) => part.trim() || [])
}

/**
 * Random one-to-one chat in one tag. Opens nothing (no camera, no connection, no cookie) before
 * Start is pressed; half a second after it was taken out of the page it releases everything; moved within
 * that time, or to another window, a call goes on.
 *
 * @tagname buddy-chat
 * @fires buddy-start - Start was pressed; `preventDefault()` keeps everything closed
 * @fires buddy-state-change - `{ state, previous }`
 * @fires buddy-match - `{ partner, interests }`
 * @fires buddy-message - `{ text, from }`
 * @fires buddy-leave - `{ reason }`
 * @fires buddy-quality - `{ receiving, sending, stats }`
 * @fires buddy-interruption - `{ step }`
 * @fires buddy-device - `{ device, status, label, error }`
 * @fires buddy-trust - `{ self, partner }`
 * @fires buddy-report - `{ reason }`
 * @fires buddy-error - `{ error }`
 * @slot logo - replaces the mark on the start screen
 * @slot start - more words on the start screen, such as house rules
 * @csspart frame - everything
 * @csspart stage - where people are seen
 * @csspart controls - the bar of buttons; each is a `control`
 * @csspart text-panel - messages and the field to write in
 * @cssprop [--buddy-accent=#7c5cff] - colour of what matters most
 * @cssprop [--buddy-accent-text=#fff] - text on it
 * @cssprop [--buddy-radius=18px] - corners of the element
 * @cssprop [--buddy-font=system-ui] - font family
 */
export class BuddyChat extends LitElement implements ControllerHost {
  static override styles = styles

  /** Where `server` points when it is not given; the script-tag bundle sets its own origin. */
  static defaultServer = ''

  /** The server, such as `https://chat.example`; by default where the script came from, else the page's origin. */
  @property({ converter: text }) server = ''
  /** Key of the embedding site on that server. */
  @property({ converter: text }) site = ''
  /** What the site has signed for this visitor (a JWT); as a property also a function that gets it. */
  @property({ converter: text }) token: TokenSource = ''
  /** The visitor's name; they may change it before Start. */
  @property({ converter: text }) name = ''
  /** `video`, `audio` or `text`. */
  @property() mode: Mode = 'video'
  /** Only people in the same lobby meet. */
  @property({ converter: text }) lobby = ''
  /** What to talk about; a list separated by commas, or an array. */
  @property({ converter: text }) interests: string | readonly string[] = ''
  /** Starts as soon as the element is in the page, each time it comes into one; not after `stop()`. */
  @property({ type: Boolean }) autostart = false
  /** Joins without a camera; others may have theirs on. */
  @property({ type: Boolean }) novideo = false
  /** Media goes through TURN servers only: partners never learn this visitor's address. */
  @property({ type: Boolean }) relayonly = false
  /** The same until both have pressed Connect directly: from then on each may learn the other's. */
  @property({ type: Boolean }) relayuntiltrusted = false
  /** Sends small pictures and narrow sound, for people who pay for their data; also in a call. */
  @property({ type: Boolean }) lowdata = false
  /** Offers no messages. */
  @property({ type: Boolean }) notext = false

  /** Keeps chosen devices in this browser's storage for the next visit; nothing is kept without it. */
  @property({ type: Boolean }) remember = false

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
  readonly #presence = new PagePresence({ element: this, onEnd: () => this.#release() })

  /** The headless client this element shows. */
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

  /**
   * Opens the devices and looks for a partner, as if Start was pressed. Of an element that is in no
   * page it waits until the element is in one.
   * @throws BuddyError (as a rejection) see `BuddyClient.start`
   */
  start(): Promise<void> {
    // Attributes that were set in this same turn count.
    if (this.isConnected) this.performUpdate()
    return this.#controller.start()
  }

  /** Leaves the partner and looks for another. */
  next(): void {
    this.client.next()
  }

  /** Ends everything; camera and microphone are released. */
  stop(): void {
    this.#controller.stop()
  }

  /**
   * Sends a line to the partner.
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-text`
   */
  send(text: string): void {
    this.client.send(text)
  }

  /**
   * Lets the partner have the visitor's address, once both agree; see `relayuntiltrusted`.
   * @throws BuddyError `not-in-call`, `server-unreachable`
   */
  trust(): void {
    this.client.trust()
  }

  /**
   * Lets the partner be heard from this speaker, an `id` of `client.listDevices()`; an empty one is
   * the system's own. Without effect where the browser gives pages no choice.
   */
  setSpeaker(id: string): void {
    this.#controller.actions.chooseDevice('speaker', id)
  }

  /**
   * Reports the partner, or the latest one, to the operator; the call goes on. See `BuddyClient.report`.
   * @param room of an earlier partner, as the `buddy-match` event has it in `partner.room`
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-options`
   */
  report(reason: ReportReason, room?: string): void {
    this.client.report(reason, room)
    this.announce('buddy-report', { reason })
  }

  /**
   * Looks why calls fail here, and shows it with what one can do. Nobody is asked for permission.
   * Resolves when all is known, or it was closed.
   */
  async showDoctor(): Promise<void> {
    await this.updateComplete
    return this.#controller.doctor.open()
  }

  /** @internal */
  clientOptions(): BuddyClientOptions {
    const { server, site, token, lobby, interests, novideo, lowdata } = this
    const { defaultServer } = this.constructor as typeof BuddyChat
    return {
      server: server || defaultServer,
      site,
      token,
      lobby,
      mode: this.#mode,
      name: this.#controller.name,
      interests: toList(interests),
      camera: !novideo,
      relayOnly: this.relayonly,
      relayUntilTrusted: this.relayuntiltrusted,
      lowData: lowdata,
    }
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
    // A start may wait for this, and pictures that were taken out of a page stand still.
    this.requestUpdate()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#effects.releasePictures()
    this.#presence.handleDisconnected()
  }

  /** Its presence alone makes `moveBefore()` a move, which is neither a leaving nor an arrival. */
  protected connectedMoveCallback(): void {}

  /** The element is in another document: an iframe, a popup, a picture-in-picture window, or back. */
  protected adoptedCallback(): void {
    this.#adoptStyles()
  }

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    if (this.shadowRoot || !supportsAdoptingStyleSheets) return super.createRenderRoot()
    // Lit would adopt sheets of the document in which its class was made, also in another one.
    const root = this.attachShadow((this.constructor as typeof BuddyChat).shadowRootOptions)
    this.#adoptStyles()
    return root
  }

  /** The client to show; for tests. */
  protected createClient(): BuddyClient {
    // The window the element is in may be in sight while the one it comes from is not.
    const isHidden = (): boolean => this.ownerDocument.visibilityState === 'hidden'
    return this.#part.createClient(isHidden)
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#effects.prepare()
    if (changed.has('lowdata')) this.client.setLowData(this.lowdata)
    if (changed.size === 0) return
    this.#controller.configure({
      ...(changed.has('name') && { name: this.name }),
      mode: this.#mode,
      hasCamera: !this.novideo,
      hasText: !this.notext,
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

  /** What `mode` says, or video where it says nothing known. */
  get #mode(): Mode {
    return modes.includes(this.mode) ? this.mode : 'video'
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
