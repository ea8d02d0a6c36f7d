import type { LoadResult } from './load-data.ts'

interface PollerDependencies {
  /** Requests the data. Never rejects. */
  readonly load: () => Promise<LoadResult>
  readonly isHidden: () => boolean
  /** Calls `callback` once after the delay. Returns a function that cancels the call. */
  readonly after: (delayMs: number, callback: () => void) => () => void
  readonly onResult: (result: LoadResult) => void
}

const minDelayMs = 1000
const maxDelayMs = 30_000

/**
 * Loads the data repeatedly, each time that the server has a new sample. Waits longer after each failure, and
 * loads nothing while the page is hidden. Stops when the browser is signed out, because each further request
 * would open the browser's login prompt.
 */
export class Poller {
  readonly #dependencies: PollerDependencies
  #cancel: (() => void) | undefined
  #isLoading = false
  #isSignedOut = false
  #failures = 0

  constructor(dependencies: PollerDependencies) {
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
    onResult(result)
  }

  #delayMs(result: LoadResult): number {
    if (result.kind === 'data') return Math.max(minDelayMs, result.data.intervalMs)
    return Math.min(maxDelayMs, minDelayMs * 2 ** this.#failures)
  }
}
