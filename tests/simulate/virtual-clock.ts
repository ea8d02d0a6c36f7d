import FlatQueue from 'flatqueue'

interface Timer {
  readonly callback: () => void
  isCancelled: boolean
}

/** A clock whose time jumps to the next timer, so that hours of simulated time take seconds. */
export class VirtualClock {
  readonly #timers = new FlatQueue<Timer>()
  #nowMs = 0

  now(): number {
    return this.#nowMs
  }

  /** Calls `callback` once, when the simulated time has advanced by `delayMs`. */
  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { callback, isCancelled: false }
    this.#timers.push(timer, this.#nowMs + Math.max(0, delayMs))
    return () => {
      timer.isCancelled = true
    }
  }

  /**
   * Advances to the next timer and calls it.
   * @returns false if there is none
   */
  step(): boolean {
    for (;;) {
      const atMs = this.#timers.peekValue()
      const timer = this.#timers.pop()
      if (!timer || atMs === undefined) return false
      if (timer.isCancelled) continue
      this.#nowMs = Math.max(this.#nowMs, atMs)
      timer.callback()
      return true
    }
  }
}
