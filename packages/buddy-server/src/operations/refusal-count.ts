import type { ServerObserver } from '../events.ts'
import type { RecentRefusals } from './dashboard/data.ts'
import type { Log } from './log/create-log.ts'
import { printable } from './log/printable.ts'

/** The maximum length of a shown origin. Origins of real pages are shorter. */
const maxOriginLength = 100

/**
 * Counts, by reason, the connections that were refused or that the server closed because of their client. The
 * log shows the counts at intervals, the dashboard since the start.
 */
export class RefusalCount {
  readonly #log: Log
  readonly #epochMs: () => number
  #counts: Record<string, number> = {}
  /**
   * The latest origin that was refused because it is not allowed. It may be logged, because it belongs to a
   * page, not to a user.
   */
  #origin: string | undefined
  readonly #recent = new Map<string, Omit<RecentRefusals, 'reason'>>()

  /** @param epochMs returns the milliseconds since 1970 */
  constructor(log: Log, epochMs: () => number) {
    this.#log = log
    this.#epochMs = epochMs
  }

  readonly observer: ServerObserver = {
    refused: ({ code, origin }) => {
      // The origin is made printable, because a client can send any text as its origin.
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

  /** The refusals since the start by reason, the latest reason first. */
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
