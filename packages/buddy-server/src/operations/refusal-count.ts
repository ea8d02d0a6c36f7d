import type { ServerObserver } from '../events.ts'
import type { RecentRefusals } from './dashboard/data.ts'
import type { Log } from './log/create-log.ts'
import { printable } from './log/printable.ts'

/** A browser's origins are shorter. */
const maxOriginLength = 100

/**
 * Gathers refused connections: one line in the log a while, however many knock, and the latest of
 * each kind for the dashboard.
 */
export class RefusalCount {
  readonly #log: Log
  readonly #epochMs: () => number
  #counts: Record<string, number> = {}
  /** What a list of origins may lack; a page's address, not a person's. */
  #origin: string | undefined
  readonly #recent = new Map<string, Omit<RecentRefusals, 'reason'>>()

  /** @param epochMs milliseconds since 1970 */
  constructor(log: Log, epochMs: () => number) {
    this.#log = log
    this.#epochMs = epochMs
  }

  readonly observer: ServerObserver = {
    refused: ({ code, origin }) => {
      // Any client may write anything there.
      const shown = origin === undefined ? undefined : printable(origin, maxOriginLength)
      if (code === 'origin-not-allowed') this.#origin = shown
      this.#count(code, shown)
    },
    cut: ({ code }) => this.#count(code),
  }

  #count(reason: string, origin?: string): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + 1
    this.#recent.set(reason, {
      count: (this.#recent.get(reason)?.count ?? 0) + 1,
      latestAtMs: this.#epochMs(),
      latestOrigin: origin ?? null,
    })
  }

  /** Of each kind how many since the start, the latest first. */
  get recent(): readonly RecentRefusals[] {
    return [...this.#recent]
      .map(([reason, refusals]) => ({ reason, ...refusals }))
      .sort((one, other) => other.latestAtMs - one.latestAtMs)
  }

  /** Writes the line, if there is anything to say, and begins anew. */
  report(): void {
    if (Object.keys(this.#counts).length === 0) return
    this.#log.info({ refused: this.#counts, origin: this.#origin }, 'connections refused or cut')
    this.#counts = {}
    this.#origin = undefined
  }
}
