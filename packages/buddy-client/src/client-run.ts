import type { BuddyError } from './errors.ts'
import type { ResolvedOptions } from './options.ts'
import { PartnerReports } from './partner-reports.ts'
import type { PartnerSearchDependencies } from './partner-search.ts'
import { PartnerSearch } from './partner-search.ts'

interface ClientRunDependencies extends PartnerSearchDependencies {
  /** Called if a report was kept for a resume, and the session could not be resumed. */
  readonly onReportLost: (error: BuddyError) => void
}

/**
 * One run of the client. It lasts from `start()` until `stop()`, a refusal by the server or a failure.
 * Asynchronous operations that began in a run check afterwards whether the run is still the present one.
 */
export class ClientRun {
  readonly options: ResolvedOptions
  /** The promise that `start()` returned. */
  readonly promise: Promise<void>
  readonly search: PartnerSearch
  readonly reports: PartnerReports
  #resolve!: () => void
  #reject!: (error: BuddyError) => void
  #isPending = true

  constructor(options: ResolvedOptions, dependencies: ClientRunDependencies) {
    const { isConnected, send, onReportLost } = dependencies
    this.options = options
    this.search = new PartnerSearch(options, dependencies)
    this.reports = new PartnerReports({ isConnected, send, onLost: onReportLost })
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Resolves the promise of `start()`. Call when the search has begun. */
  resolve(): void {
    this.#isPending = false
    this.#resolve()
  }

  /**
   * Rejects the promise of `start()`. Returns false if the promise has settled before; the caller then
   * emits the error.
   */
  reject(error: BuddyError): boolean {
    if (!this.#isPending) return false
    this.#isPending = false
    this.#reject(error)
    return true
  }
}
