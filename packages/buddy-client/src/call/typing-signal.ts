/** Without a key press for this long, typing has stopped. */
const pauseMs = 3000

interface TypingSignalDependencies {
  readonly onChange: (isTyping: boolean) => void
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
}

/** Turns key presses into one "is typing" and one "has stopped". */
export class TypingSignal {
  readonly #dependencies: TypingSignalDependencies
  #timer: number | undefined

  constructor(dependencies: TypingSignalDependencies) {
    this.#dependencies = dependencies
  }

  /** A key was pressed. */
  notify(): void {
    const { onChange, setTimeout, clearTimeout } = this.#dependencies
    if (this.#timer === undefined) onChange(true)
    else clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.end(), pauseMs)
  }

  /** Typing has stopped now. Does nothing where it had. */
  end(): void {
    if (this.reset()) this.#dependencies.onChange(false)
  }

  /** Forgets without a word (the partner is gone). Returns whether typing was on. */
  reset(): boolean {
    if (this.#timer === undefined) return false
    this.#dependencies.clearTimeout(this.#timer)
    this.#timer = undefined
    return true
  }
}
