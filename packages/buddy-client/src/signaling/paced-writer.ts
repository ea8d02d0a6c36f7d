import { textRate } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { Frame, FrameLedger } from './frame-ledger.ts'

// Both values are slightly stricter than the server's limit, because texts may arrive closer together than
// they were sent.
const textsAtOnce = textRate.burst - 2
const textEveryMs = 1200 / textRate.perSecond

/** Sends the frames of a ledger in order, but texts no faster than the server accepts them. */
export class PacedWriter {
  readonly #clock: Clock
  #allowance = textsAtOnce
  #cancel: Cancel | undefined
  #continue: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Sends the frames that are due. Texts above the rate are sent later, unless `pause()` is called. Other
   * frames overtake them. If a waiting frame ends the room (`ticket`, `next`, `leave`), all waiting
   * texts are sent at once, before that frame. After it, they would reach the next partner, and the frame must
   * not wait for them. If the server drops such a text, it sends the error `rate-limited`.
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

  /**
   * Call when the connection is lost. Frames that wait stay in the ledger. The rate limit stays in force.
   */
  pause(): void {
    this.#continue = undefined
  }

  /** Sends all waiting frames at once. Call before the session ends. */
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
