import { textRate } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { Frame, FrameLedger } from './frame-ledger.ts'

/** Slightly less than the server's limit, because texts may arrive closer together than they were sent. */
const textsAtOnce = textRate.burst - 2
const textEveryMs = 1200 / textRate.perSecond

/** Sends the frames of a ledger in order, and texts no faster than the server accepts them. */
export class PacedWriter {
  readonly #clock: Clock
  #allowance = textsAtOnce
  #cancel: Cancel | undefined
  #continue: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Sends what is due. Texts beyond the rate wait and are sent later, until `pause()`; other frames
   * overtake them. If a frame that waits ends the room (`next`, `leave`), all texts are sent at once:
   * after that frame they would reach the next partner, and the frame must not wait. The server reports
   * each text that it drops as `rate-limited`.
   */
  write(ledger: FrameLedger, send: (frame: Frame) => void): void {
    this.#continue = undefined
    for (let frame = ledger.due; frame; frame = ledger.due) {
      if (frame.type === 'text' && !ledger.endsRoom && !this.#take()) {
        if (ledger.overtakeTexts()) continue
        this.#continue = () => this.write(ledger, send)
        return
      }
      send(frame)
      ledger.handleWritten()
    }
  }

  /** Call when the connection is lost. Waiting frames stay in the ledger; the used rate stays used. */
  pause(): void {
    this.#continue = undefined
  }

  /** Call before the session ends: sends all waiting frames at once. */
  finish(): void {
    this.#allowance = Infinity
    this.#continue?.()
    this.#allowance = textsAtOnce
    this.#cancel?.()
    this.#cancel = undefined
  }

  #take(): boolean {
    if (this.#allowance === 0) return false
    this.#allowance--
    this.#cancel ??= this.#startTimer()
    return true
  }

  #startTimer(): Cancel {
    return this.#clock.after(textEveryMs, () => {
      this.#allowance++
      this.#cancel = this.#allowance < textsAtOnce ? this.#startTimer() : undefined
      this.#continue?.()
    })
  }
}
