import type { Retry, Searching } from '@buddy-chat/client'
import { announcement } from './announcement.ts'
import type { ChatView } from './chat-view.ts'
import { initialView } from './chat-view.ts'
import { Countdown } from './countdown.ts'

/** How long a notice is shown. */
const noticeMs = 6000

/** Holds the view of one element, which is what the templates show now. */
export class ViewState {
  readonly #onChange: () => void
  #view: ChatView = initialView
  /** The view at the latest announcement. The next announcement contains the changes since then. */
  #announced: ChatView = initialView
  #noticeTimer: number | undefined
  /** Whether the notice stays when a call begins. */
  #isLasting = false
  readonly #countdown = new Countdown()

  /** @param onChange called after each change, to render the element again */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get view(): ChatView {
    return this.#view
  }

  show(change: Partial<ChatView>): void {
    this.#view = { ...this.#view, ...change }
    this.#onChange()
  }

  /**
   * Shows a notice for 6 s. It replaces the previous notice.
   * @param lasting `also-in-next-call`: it stays if the next call begins meanwhile
   */
  showNotice(notice: string, lasting?: 'also-in-next-call'): void {
    clearTimeout(this.#noticeTimer)
    this.#isLasting = lasting !== undefined
    this.show({ notice })
    this.#noticeTimer = window.setTimeout(() => this.show({ notice: undefined }), noticeMs)
  }

  /** Hides a notice about the previous call. */
  hideNoticeOfCall(): void {
    if (!this.#isLasting) this.hideNotice()
  }

  hideNotice(): void {
    clearTimeout(this.#noticeTimer)
    this.show({ notice: undefined })
  }

  /** Shows the seconds until the client connects to the server again, and counts them down. */
  showRetry({ delayMs, error }: Retry): void {
    this.#countdown.start(delayMs, (seconds) => this.show({ retry: { error, seconds } }))
  }

  /** Shows the server's explanation of the wait, and counts down the seconds until the search widens. */
  showSearch(search: Searching): void {
    const { online, estimateMs, interests, languages, widensInMs, obstacle } = search
    const shown = { online, estimateMs, interests, languages, obstacle }
    const show = (widensInSeconds: number | undefined): void =>
      this.show({ search: { ...shown, widensInSeconds } })
    this.#countdown.stop()
    if (widensInMs === undefined) show(undefined)
    else this.#countdown.start(widensInMs, show)
  }

  stopCountdown(): void {
    this.#countdown.stop()
  }

  /**
   * Announces all changes since the previous call as one text. Must be called before each
   * rendering.
   */
  announceChanges(): void {
    const text = announcement(this.#announced, this.#view)
    if (text !== undefined) this.#view = { ...this.#view, announcement: text }
    this.#announced = this.#view
  }

  /**
   * Removes notice and problem, and stops the timers. Called when the element has left the page for
   * good.
   */
  release(): void {
    this.stopCountdown()
    this.hideNotice()
    this.show({ problem: undefined })
  }
}
