import type { ServerObserver } from '../events.ts'
import type { RecentRefusals } from './dashboard/data.ts'
import type { Log } from './log/create-log.ts'
import { printable } from './log/printable.ts'

/** Longer than the origins of browsers. */
const maxOriginLength = 100

/**
 * Counts refused and cut connections: for a log line at an interval, and for the dashboard by reason.
 */
export class RefusalCount {
  readonly #log: Log
  readonly #epochMs: () => number
  #counts: Record<string, number> = {}
  /** The latest origin that is not on a list. It is the address of a page, not of a user. */
  #origin: string | undefined
  readonly #recent = new Map<string, Omit<RecentRefusals, 'reason'>>()

  /** @param epochMs returns the milliseconds since 1970 */
  constructor(log: Log, epochMs: () => number) {
    this.#log = log
    this.#epochMs = epochMs
  }

  readonly observer: ServerObserver = {
    refused: ({ code, origin }) => {
      // A client can send any text as its origin.
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

  /** The refusals since the start by reason, the latest first. */
  get recent(): readonly RecentRefusals[] {
    return [...this.#recent]
      .map(([reason, refusals]) => ({ reason, ...refusals }))
      .sort((one, other) => other.latestAtMs - one.latestAtMs)
  }

  /** Logs the refusals since the previous line, if there are any. */
  report(): void {
    if (Object.keys(this.#counts).length === 0) return
    this.#log.info({ refused: this.#counts, origin: this.#origin }, 'connections refused or cut')
    this.#counts = {}
    this.#origin = undefined
  }
}
