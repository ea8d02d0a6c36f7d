import type { Retry, Searching } from '@buddy-chat/client'
import { announcement } from './announcement.ts'
import type { ChatView } from './chat-view.ts'
import { initialView } from './chat-view.ts'
import { Countdown } from './countdown.ts'
import { LastingLoss } from './lasting-loss.ts'

/** How long a notice is shown. */
const noticeMs = 6000
/**
 * How long a lost connection to the server is not shown, in milliseconds. Media does not pass through the server,
 * messages wait, and most losses are shorter, such as a change of the network, or a restart of one of several servers.
 */
const unshownMs = 3000

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
  /** The latest retry, also before it is shown. */
  #retry: ChatView['retry']
  readonly #serverLoss = new LastingLoss()
  readonly #partnerLoss = new LastingLoss()

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

  /**
   * Shows that the connection to the server is lost, and counts down the seconds until the client connects again. If a
   * call continues meanwhile, or the server has announced that it stops, only a loss that lasts is shown.
   */
  showRetry({ delayMs, error }: Retry): void {
    const isBrief = this.#view.state === 'connected' || error.code === 'going-away'
    this.#countdown.start(delayMs, (seconds) => {
      this.#retry = { error, seconds }
      if (this.#serverLoss.isShown) this.show({ retry: this.#retry })
    })
    this.#serverLoss.begin(isBrief && delayMs < unshownMs ? unshownMs : 0, () =>
      this.show({ retry: this.#retry }),
    )
  }

  /** No longer shows that the connection to the server is lost. */
  hideRetry(): void {
    this.#countdown.stop()
    this.#serverLoss.end()
    this.show({ retry: undefined })
  }

  /** Shows that the partner has no connection to the server, if that lasts, or that the partner has one again. */
  showPartnerAway(isAway: boolean): void {
    if (isAway) {
      this.#partnerLoss.begin(unshownMs, () => this.show({ isPartnerAway: true }))
    } else {
      this.#partnerLoss.end()
      this.show({ isPartnerAway: false })
    }
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
    this.hideRetry()
    this.showPartnerAway(false)
    this.hideNotice()
    this.show({ problem: undefined })
  }
}
