import type { BuddyError } from './errors.ts'
import type { ResolvedOptions } from './options.ts'
import type { PartnerSearchDependencies } from './partner-search.ts'
import { PartnerSearch } from './partner-search.ts'

/**
 * From one `start()` to its end, by `stop()`, a refusal or a failure. What was begun for a run that
 * has been superseded meanwhile finds that it is not the present one, and undoes itself.
 */
export class ClientRun {
  readonly options: ResolvedOptions
  /** What `start()` returned. */
  readonly promise: Promise<void>
  readonly search: PartnerSearch
  /** Of the present or latest partner in the server's present session. */
  latestRoom: string | undefined
  /** A report waits for the session to be resumed. */
  hasKeptReport = false
  #resolve!: () => void
  #reject!: (error: BuddyError) => void
  #isPending = true

  constructor(options: ResolvedOptions, dependencies: PartnerSearchDependencies) {
    this.options = options
    this.search = new PartnerSearch(options, dependencies)
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The search has begun. */
  resolve(): void {
    this.#isPending = false
    this.#resolve()
  }

  /** Tells the caller of `start()`; false where that call is done, and somebody else must be told. */
  reject(error: BuddyError): boolean {
    if (!this.#isPending) return false
    this.#isPending = false
    this.#reject(error)
    return true
  }
}
