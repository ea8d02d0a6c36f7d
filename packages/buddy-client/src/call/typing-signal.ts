import type { Cancel, Clock } from '../clock.ts'

/** The time without a key press after which typing has stopped. */
const pauseMs = 3000

interface TypingSignalDependencies {
  readonly onChange: (isTyping: boolean) => void
  readonly clock: Clock
}

/** Reports when the user begins and stops typing, judged by the key presses. */
export class TypingSignal {
  readonly #dependencies: TypingSignalDependencies
  #cancel: Cancel | undefined

  constructor(dependencies: TypingSignalDependencies) {
    this.#dependencies = dependencies
  }

  /** Call at every key press. */
  notify(): void {
    const { onChange, clock } = this.#dependencies
    if (this.#cancel) this.#cancel()
    else onChange(true)
    this.#cancel = clock.after(pauseMs, () => this.end())
  }

  /** Reports that the user has stopped typing. Does nothing unless the user was typing. */
  end(): void {
    if (this.reset()) this.#dependencies.onChange(false)
  }

  /** Ends typing without a report. Returns whether the user was typing. */
  reset(): boolean {
    if (!this.#cancel) return false
    this.#cancel()
    this.#cancel = undefined
    return true
  }
}
