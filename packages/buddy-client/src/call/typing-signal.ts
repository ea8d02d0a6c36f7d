import type { Cancel, Clock } from '../clock.ts'

/** Without a key press for this long, typing has stopped. */
const pauseMs = 3000

interface TypingSignalDependencies {
  readonly onChange: (isTyping: boolean) => void
  readonly clock: Clock
}

/** Turns key presses into one "is typing" and one "has stopped". */
export class TypingSignal {
  readonly #dependencies: TypingSignalDependencies
  #cancel: Cancel | undefined

  constructor(dependencies: TypingSignalDependencies) {
    this.#dependencies = dependencies
  }

  /** A key was pressed. */
  notify(): void {
    const { onChange, clock } = this.#dependencies
    if (this.#cancel) this.#cancel()
    else onChange(true)
    this.#cancel = clock.after(pauseMs, () => this.end())
  }

  /** Typing has stopped now. Does nothing where it had. */
  end(): void {
    if (this.reset()) this.#dependencies.onChange(false)
  }

  /** Forgets without a word (the partner is gone). Returns whether typing was on. */
  reset(): boolean {
    if (!this.#cancel) return false
    this.#cancel()
    this.#cancel = undefined
    return true
  }
}
