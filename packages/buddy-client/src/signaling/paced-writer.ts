import { textRate } from '@buddy-chat/protocol'
import type { Cancel, Clock } from '../clock.ts'
import type { Frame, FrameLedger } from './frame-ledger.ts'

/** A little less than a server takes: on a slow path, some texts catch up with those before them. */
const textsAtOnce = textRate.burst - 2
const textEveryMs = 1200 / textRate.perSecond

/** Gives a connection what a ledger has due, in its order, and texts no faster than a server takes them. */
export class PacedWriter {
  readonly #clock: Clock
  #allowance = textsAtOnce
  #cancel: Cancel | undefined
  #goOn: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Sends what is due now. Texts that have to wait go out by themselves, until `pause()`; what keeps the
   * call alive overtakes them. Where the room ends they do not wait: behind a Next they would be another
   * partner's, and nobody waits for Next. What the server drops of them it says.
   */
  write(ledger: FrameLedger, send: (frame: Frame) => void): void {
    this.#goOn = undefined
    for (let frame = ledger.due; frame; frame = ledger.due) {
      if (frame.type === 'text' && !ledger.endsRoom && !this.#take()) {
        if (ledger.overtakeTexts()) continue
        this.#goOn = () => this.write(ledger, send)
        return
      }
      send(frame)
      ledger.handleWritten()
    }
  }

  /** The connection is lost: what waits stays in its ledger. The allowance is the session's. */
  pause(): void {
    this.#goOn = undefined
  }

  /** The session ends: what waits goes out at once, as much of it as the server takes. */
  finish(): void {
    this.#allowance = Infinity
    this.#goOn?.()
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
      this.#goOn?.()
    })
  }
}
