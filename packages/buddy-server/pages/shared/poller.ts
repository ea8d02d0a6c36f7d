import type { LoadResult } from './load-json.ts'

interface PollerDependencies<Data> {
  /** Requests the data. Never rejects. */
  readonly load: () => Promise<LoadResult<Data>>
  /** Returns how long to wait before the next request after a successful one. */
  readonly intervalMs: (data: Data) => number
  readonly isHidden: () => boolean
  /** Calls `callback` once after the delay. Returns a function that cancels the call. */
  readonly after: (delayMs: number, callback: () => void) => () => void
  readonly onResult: (result: LoadResult<Data>) => void
}

const minDelayMs = 1000
const maxDelayMs = 30_000

/**
 * Loads the data repeatedly. Waits longer after each failure, and loads nothing while the page is hidden. Stops
 * when the browser is signed out, because each further request would open the browser's login prompt.
 */
export class Poller<Data> {
  readonly #dependencies: PollerDependencies<Data>
  #cancel: (() => void) | undefined
  #isLoading = false
  #isSignedOut = false
  /** Whether a request is in progress that may return older data than the latest call requires. */
  #isStale = false
  #failures = 0

  constructor(dependencies: PollerDependencies<Data>) {
    this.#dependencies = dependencies
  }

  /**
   * Loads the data at once if the page is visible, and pauses if it is hidden. Call this at the start and
   * when the visibility changes.
   */
  handleVisibility(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#dependencies.isHidden()) void this.#load()
  }

  /** Loads the data at once, although the time for the next request has not come. */
  refresh(): void {
    this.#isStale = this.#isLoading
    this.handleVisibility()
  }

  async #load(): Promise<void> {
    if (this.#isLoading || this.#isSignedOut) return
    const { load, isHidden, after, onResult } = this.#dependencies
    this.#isLoading = true
    const result = await load()
    this.#isLoading = false
    this.#failures = result.kind === 'data' ? 0 : this.#failures + 1
    this.#isSignedOut = result.kind === 'signed-out'
    // The next request is scheduled first, because `onResult` may throw.
    if (!this.#isSignedOut && !isHidden()) {
      this.#cancel = after(this.#delayMs(result), () => void this.#load())
    }
    const isStale = this.#isStale && result.kind === 'data'
    this.#isStale = false
    if (isStale) this.handleVisibility()
    else onResult(result)
  }

  #delayMs(result: LoadResult<Data>): number {
    const { intervalMs } = this.#dependencies
    if (result.kind === 'data') return Math.max(minDelayMs, intervalMs(result.data))
    return Math.min(maxDelayMs, minDelayMs * 2 ** this.#failures)
  }
}
