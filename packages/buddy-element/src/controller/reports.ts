import type { ReportDetails, ReportReason, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { ControllerHost } from './controller-host.ts'
import { isRunning } from '../view/is-running.ts'
import { fitNote } from '../view/report-note.ts'
import type { ReportActions } from '../view/chat-actions.ts'
import type { ReportTarget, ReportView } from '../view/report-view.ts'
import type { ViewState } from '../view/view-state.ts'
import { visibleName } from '../view/visible-name.ts'
import { explain } from '../words/explain.ts'

interface ReportsDependencies {
  readonly client: ChatClient
  readonly viewState: ViewState
  readonly announce: ControllerHost['announce']
  /** Called when the sheet opens for the present partner. */
  readonly onOpen: () => void
}

/** How long after the end of a chat the server accepts a report of it. */
const maxAgeMs = 3_600_000

/**
 * Reports and blocks the present partner, and the previous one until the server would refuse it. Holds the
 * state of the report sheet.
 */
export class Reports implements ReportActions {
  readonly #dependencies: ReportsDependencies
  #present: ReportTarget | undefined
  #earlier: ReportTarget | undefined
  /** Rooms of partners that were reported or blocked. The sheet does not offer these partners again. */
  readonly #settled = new Set<string>()
  #expiry: number | undefined
  /** The number of the visitor's latest choice about a still. A still of an earlier choice is dropped. */
  #stillWish = 0

  constructor(dependencies: ReportsDependencies) {
    this.#dependencies = dependencies
  }

  listen(): Unsubscribe[] {
    const { client, viewState } = this.#dependencies
    return [
      client.on('match', ({ partner: { name, room } }) => {
        const shown = visibleName(name, viewState.view.words.stranger)
        this.#present = { room, name: shown, isPresent: true }
        viewState.show({ isPartnerHidden: false })
        this.#update()
      }),
      client.on('leave', () => this.#handleLeave()),
      // A new session of the server does not know the earlier partners.
      client.on('welcome', ({ isResumed }) => !isResumed && this.#handleNewSession()),
      client.on('state', () => !isRunning(client) && this.#handleStopped()),
    ]
  }

  /** Opens the sheet for the present partner, or for the latest one if there is none now. */
  open(): void {
    const { viewState, onOpen } = this.#dependencies
    const target = this.#present ?? this.#earlier
    if (!target || viewState.view.report) return
    const report = {
      targets: this.#targets(),
      target,
      note: '',
      still: undefined,
      problem: undefined,
    }
    viewState.show({ report })
    if (target.isPresent) onOpen()
  }

  close(): void {
    this.#stillWish++
    this.#dependencies.viewState.show({ report: undefined, isPartnerHidden: false })
  }

  choose(room: string): void {
    const { report } = this.#dependencies.viewState.view
    const target = report?.targets.find((each) => each.room === room)
    if (!target) return
    this.#stillWish++
    this.#change({ target, still: undefined, problem: undefined })
  }

  writeNote(text: string): void {
    this.#change({ note: fitNote(text) })
  }

  /** Takes a still of the partner's video as it is now, or drops the one that was taken. */
  attachStill(isAttached: boolean): void {
    void this.#attachStill(isAttached)
  }

  async #attachStill(isAttached: boolean): Promise<void> {
    const { client, viewState } = this.#dependencies
    const { report, words } = viewState.view
    const wish = ++this.#stillWish
    this.#change({ still: undefined, problem: undefined })
    if (!isAttached || !report) return
    const still = await client.captureStill()
    if (wish !== this.#stillWish) return
    this.#change(still ? { still } : { problem: words.stillFailed })
  }

  /** Hides the partner's picture while the sheet is open, or shows it again. */
  togglePicture(): void {
    const { viewState } = this.#dependencies
    viewState.show({ isPartnerHidden: !viewState.view.isPartnerHidden })
  }

  /** Sends the report of the sheet. Returns whether the sheet can be closed. */
  submit(reason: ReportReason): boolean {
    const { report, words, retry } = this.#dependencies.viewState.view
    if (!report) return true
    const { target, note, still } = report
    const details = { room: target.room, note: note.trim() || undefined, still }
    const notice = retry ? words.reportKept : words.reported
    return this.#try(() => this.report(reason, details) && notice)
  }

  /** Blocks the partner that the sheet is about. Returns whether the sheet can be closed. */
  submitBlock(): boolean {
    const { report, words, retry } = this.#dependencies.viewState.view
    if (!report) return true
    const notice = retry ? words.blockKept : words.blocked
    return this.#try(() => this.block(report.target.room) && notice)
  }

  /**
   * Reports a partner. Returns false if the page has cancelled the event `buddy-report`.
   * @throws BuddyError see `BuddyClient.report`
   */
  report(reason: ReportReason, { room = this.#latest?.room, note, still }: ReportDetails): boolean {
    const { client, announce } = this.#dependencies
    if (room !== undefined && !announce('buddy-report', { reason, room })) return false
    client.report(reason, { room, note, still })
    if (room !== undefined) this.#settle(room)
    return true
  }

  /**
   * Blocks a partner. Returns false if the page has cancelled the event `buddy-block`.
   * @throws BuddyError see `BuddyClient.block`
   */
  block(room = this.#latest?.room): boolean {
    const { client, announce } = this.#dependencies
    if (room !== undefined && !announce('buddy-block', { room })) return false
    client.block(room)
    if (room !== undefined) this.#settle(room)
    return true
  }

  release(): void {
    clearTimeout(this.#expiry)
  }

  get #latest(): ReportTarget | undefined {
    return this.#present ?? this.#earlier
  }

  #targets(): ReportTarget[] {
    return [this.#present, this.#earlier].filter((target) => target !== undefined)
  }

  #handleLeave(): void {
    const left = this.#present
    this.#present = undefined
    if (left && !this.#settled.has(left.room)) {
      this.#earlier = { ...left, isPresent: false }
      clearTimeout(this.#expiry)
      this.#expiry = window.setTimeout(() => this.#forgetEarlier(), maxAgeMs)
    }
    this.#update()
  }

  #handleStopped(): void {
    this.#forgetEarlier()
    this.close()
  }

  #forgetEarlier(): void {
    clearTimeout(this.#expiry)
    this.#earlier = undefined
    this.#update()
  }

  #settle(room: string): void {
    this.#settled.add(room)
    if (this.#earlier?.room === room) this.#forgetEarlier()
  }

  #handleNewSession(): void {
    const { viewState } = this.#dependencies
    const { report, words } = viewState.view
    this.#forgetEarlier()
    if (!report) return
    this.close()
    viewState.showNotice(words.reportTooLate)
  }

  /**
   * Shows the partners who can be reported now. An open sheet keeps its target, also if other chats follow.
   */
  #update(): void {
    const { viewState } = this.#dependencies
    viewState.show({ earlierPartner: this.#earlier })
    const { report } = viewState.view
    if (!report) return
    const targets = this.#targets()
    const known = targets.find(({ room }) => room === report.target.room)
    const target = known ?? { ...report.target, isPresent: false }
    this.#change({ targets: known ? targets : [...targets, target], target })
  }

  #change(change: Partial<ReportView>): void {
    const { viewState } = this.#dependencies
    const { report } = viewState.view
    if (report) viewState.show({ report: { ...report, ...change } })
  }

  /**
   * Calls `act`, which returns the confirmation to show. If it fails, the sheet stays open and shows the
   * reason.
   */
  #try(act: () => string | false): boolean {
    const { viewState } = this.#dependencies
    try {
      const notice = act()
      this.close()
      if (notice) viewState.showNotice(notice, 'also-in-next-call')
      return true
    } catch (error) {
      if (!isBuddyError(error)) throw error
      this.#change({ problem: explain(viewState.view.words, error).body })
      return false
    }
  }
}
