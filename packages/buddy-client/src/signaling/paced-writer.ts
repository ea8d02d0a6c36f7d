import { textRate } from '@buddy-chat/protocol'
import type { Frame, FrameLedger } from './frame-ledger.ts'

/** A little less than a server takes: on a slow path, some texts catch up with those before them. */
const textsAtOnce = textRate.burst - 2
const textEveryMs = 1200 / textRate.perSecond

interface Timers {
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
}

/** Gives a connection what a ledger has due, in its order, and texts no faster than a server takes them. */
export class PacedWriter {
  readonly #environment: Timers
  #allowance = textsAtOnce
  #timer: number | undefined
  #goOn: (() => void) | undefined

  constructor(environment: Timers) {
    this.#environment = environment
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
    if (this.#timer !== undefined) this.#environment.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #take(): boolean {
    if (this.#allowance === 0) return false
    this.#allowance--
    this.#timer ??= this.#startTimer()
    return true
  }

  #startTimer(): number {
    return this.#environment.setTimeout(() => {
      this.#allowance++
      this.#timer = this.#allowance < textsAtOnce ? this.#startTimer() : undefined
      this.#goOn?.()
    }, textEveryMs)
  }
}
