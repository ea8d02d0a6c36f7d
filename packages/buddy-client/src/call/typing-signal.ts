import type { Cancel, Clock } from '../clock.ts'

/** After this time without a key press, typing has stopped. */
const pauseMs = 3000

interface TypingSignalDependencies {
  readonly onChange: (isTyping: boolean) => void
  readonly clock: Clock
}

/** Reports the beginning and the end of typing, from key presses. */
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

  /** Reports that typing has stopped. Does nothing if it had. */
  end(): void {
    if (this.reset()) this.#dependencies.onChange(false)
  }

  /** Ends typing without a report. Returns whether there was typing. */
  reset(): boolean {
    if (!this.#cancel) return false
    this.#cancel()
    this.#cancel = undefined
    return true
  }
}
