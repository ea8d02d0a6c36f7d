import type { ClientPart } from '../client/client-part.ts'
import type { ChatView } from '../view/chat-view.ts'
import type { ChatMessage } from '../view/conversation.ts'
import { fitPicture, releasePicture } from './fit-picture.ts'
import { keepFocus } from './keep-focus.ts'
import { LevelDisplay } from './level-display.ts'
import { showSoftPicture } from './soft-picture.ts'
import { drawStill } from './still-picture.ts'

interface RenderEffectsDependencies {
  /** Returns the shadow root of the element; null if it has none yet. */
  readonly root: () => ShadowRoot | null
  readonly watchAudioLevel: ClientPart['watchAudioLevel']
  /** Called when the browser refuses to play a video before a user gesture. */
  readonly onPlayRefused: () => void
  readonly onSpeakerRefused: () => void
}

/**
 * Applies what templates cannot express after each rendering: playback, focus, scroll position, the
 * modal dialog, the speaker and the level meter.
 */
export class RenderEffects {
  readonly #dependencies: RenderEffectsDependencies
  readonly #level: LevelDisplay
  readonly #playing = new WeakMap<HTMLVideoElement, MediaStream>()
  /** The node that had the focus before the latest rendering. */
  #focused: Element | null = null
  #latestMessage: ChatMessage | undefined
  #wasTextOpen = false
  #wasPanelOpen = false
  #wasCriteriaOpen = false

  constructor(dependencies: RenderEffectsDependencies) {
    this.#dependencies = dependencies
    this.#level = new LevelDisplay(dependencies.watchAudioLevel)
  }

  /** Must be called before each rendering. */
  prepare(): void {
    this.#focused = this.#dependencies.root()?.activeElement ?? null
  }

  /** Must be called after each rendering. */
  apply(view: ChatView): void {
    const root = this.#dependencies.root()
    if (!root) return
    this.#playNewStreams(root, view)
    this.#showLatestMessage(root, view)
    this.#showDevices(root, view)
    this.#showCriteria(root, view)
    if (root.isConnected) showDialog(root)
    const still = root.querySelector<HTMLCanvasElement>('[part="still"]')
    if (still && view.report?.still) void drawStill(still, view.report.still)
    for (const canvas of root.querySelectorAll<HTMLCanvasElement>('video + .soft')) {
      showSoftPicture(canvas, canvas.previousElementSibling as HTMLVideoElement)
    }
    keepFocus(root, this.#focused)
    this.#focused = null
    if (root.isConnected) for (const video of videosIn(root)) fitPicture(video)
  }

  /** Stops observing the sizes of the videos. Called when the element was removed from the page. */
  releasePictures(): void {
    const root = this.#dependencies.root()
    if (root) for (const video of videosIn(root)) releasePicture(video)
  }

  /** Stops measuring the level of the microphone. */
  releaseLevel(): void {
    this.#level.show(undefined, undefined)
  }

  #playNewStreams(root: ShadowRoot, { needsPlay }: ChatView): void {
    for (const video of videosIn(root)) {
      const stream = video.srcObject
      if (!(stream instanceof MediaStream)) continue
      const isAllowedNow = video.paused && !needsPlay
      if (this.#playing.get(video) === stream && !isAllowedNow) continue
      this.#playing.set(video, stream)
      void this.#play(video)
    }
  }

  async #play(video: HTMLVideoElement): Promise<void> {
    try {
      await video.play()
    } catch (error) {
      // Other errors mean that the stream was replaced. The new stream has a `play()` of its own.
      if ((error as Error).name === 'NotAllowedError') this.#dependencies.onPlayRefused()
    }
  }

  /**
   * Scrolls to the latest message. When the text panel opens, moves focus into it; when it closes,
   * moves focus back to its button.
   */
  #showLatestMessage(root: ShadowRoot, { messages, isTextOpen }: ChatView): void {
    const hasOpened = isTextOpen && !this.#wasTextOpen
    const hasClosed = !isTextOpen && this.#wasTextOpen
    this.#wasTextOpen = isTextOpen
    if (hasOpened) root.querySelector('textarea')?.focus({ preventScroll: true })
    // The panel fades out when it closes. Without this, the browser would move the focus only at
    // the end of that.
    if (hasClosed && root.querySelector('.panel:focus-within')) {
      root.querySelector<HTMLElement>('.text-toggle')?.focus({ preventScroll: true })
    }
    if (messages.at(-1) === this.#latestMessage && !hasOpened) return
    this.#latestMessage = messages.at(-1)
    const list = root.querySelector('.messages')
    if (list) list.scrollTop = list.scrollHeight
  }

  /**
   * Shows the microphone's level and applies the chosen speaker. Moves focus into the device panel
   * when it opens, and back to its button when it closes.
   */
  #showDevices(root: ShadowRoot, { localStream, devices }: ChatView): void {
    const level = root.querySelector<HTMLElement>('.level')
    this.#level.show(level ?? undefined, localStream?.getAudioTracks()[0])
    const remote = root.querySelector<HTMLVideoElement>('.remote')
    if (remote && 'setSinkId' in remote && remote.sinkId !== devices.speaker) {
      void remote.setSinkId(devices.speaker).catch(() => this.#dependencies.onSpeakerRefused())
    }
    if (devices.isPanelOpen === this.#wasPanelOpen) return
    this.#wasPanelOpen = devices.isPanelOpen
    const next = devices.isPanelOpen ? '.devices select' : '.corner'
    root.querySelector<HTMLElement>(next)?.focus({ preventScroll: true })
  }

  /**
   * Moves focus into the panel of interests and languages when it opens, and back to its button when
   * it closes. On the start screen the fields follow their button, so the focus stays.
   */
  #showCriteria(root: ShadowRoot, { criteria }: ChatView): void {
    if (criteria.isOpen === this.#wasCriteriaOpen) return
    this.#wasCriteriaOpen = criteria.isOpen
    // If another panel opened at the same time and has the focus, that panel keeps it.
    if (!criteria.isOpen && root.activeElement) return
    const next = criteria.isOpen ? '.criteria-panel :is(input, select)' : '.change'
    root.querySelector<HTMLElement>(next)?.focus({ preventScroll: true })
  }
}

const videosIn = (root: ShadowRoot): NodeListOf<HTMLVideoElement> => root.querySelectorAll('video')

/**
 * Opens the dialog as a modal one, so that the browser keeps focus inside it and restores it
 * afterwards.
 */
function showDialog(root: ShadowRoot): void {
  const dialog = root.querySelector('dialog')
  if (!dialog || dialog.matches(':modal')) return
  // A dialog that was removed from the page and inserted again is open but not modal.
  dialog.open = false
  dialog.showModal()
}
