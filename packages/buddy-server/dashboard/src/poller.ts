import type { Answer } from './load-data.ts'

interface PollerDependencies {
  /** Never rejects. */
  readonly load: () => Promise<Answer>
  readonly isHidden: () => boolean
  /** Calls back once after a while; what it returns cancels that. */
  readonly after: (delayMs: number, callback: () => void) => () => void
  readonly onAnswer: (answer: Answer) => void
}

const minDelayMs = 1000
const maxDelayMs = 30_000

/**
 * Asks again and again: as often as the server samples, less and less often while it fails, not at
 * all while nobody looks, and never again once signed out, for each try would bring up the browser's
 * own dialog.
 */
export class Poller {
  readonly #dependencies: PollerDependencies
  #cancel: (() => void) | undefined
  #isAsking = false
  #isOver = false
  #failures = 0

  constructor(dependencies: PollerDependencies) {
    this.#dependencies = dependencies
  }

  /** Asks at once, or stops asking while the page is hidden. To be called whenever that may have changed. */
  handleVisibility(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#dependencies.isHidden()) void this.#ask()
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isOver) return
    const { load, isHidden, after, onAnswer } = this.#dependencies
    this.#isAsking = true
    const answer = await load()
    this.#isAsking = false
    this.#failures = answer.kind === 'data' ? 0 : this.#failures + 1
    this.#isOver = answer.kind === 'signed-out'
    // Before the page is told: what it makes of the answer must not end the asking.
    if (!this.#isOver && !isHidden()) {
      this.#cancel = after(this.#delayMs(answer), () => void this.#ask())
    }
    onAnswer(answer)
  }

  #delayMs(answer: Answer): number {
    if (answer.kind === 'data') return Math.max(minDelayMs, answer.data.intervalMs)
    return Math.min(maxDelayMs, minDelayMs * 2 ** this.#failures)
  }
}
