import type { Refusal } from '../limits/admission.ts'
import type { Log } from './log.ts'

/** Gathers refused connections for the log: one line a while, however many knock. */
export class RefusalCount {
  readonly #log: Log
  #counts: Partial<Record<Refusal['code'], number>> = {}
  /** What `ALLOWED_ORIGINS` may lack; a page's address, not a person's. */
  #origin: string | undefined

  constructor(log: Log) {
    this.#log = log
  }

  add(code: Refusal['code'], origin: string | undefined): void {
    this.#counts[code] = (this.#counts[code] ?? 0) + 1
    if (code === 'origin-not-allowed') this.#origin = origin
  }

  /** Writes the line, if there is anything to say, and begins anew. */
  report(): void {
    if (Object.keys(this.#counts).length === 0) return
    this.#log.info({ refused: this.#counts, origin: this.#origin }, 'connections refused')
    this.#counts = {}
    this.#origin = undefined
  }
}
