import type { Cancel, Clock } from './clock.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock for tests. Its time changes only by `advance`, which fires the timers that are due, in order. */
export class ManualClock implements Clock {
  /**
   * By how many milliseconds each timer fires too early. Timers of real machines also fire slightly early.
   */
  earlyMs = 0
  #nowMs = 0
  #timers: Timer[] = []

  /** The number of pending timers. */
  get size(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Cancel {
    // A timer that fires early still takes some time, so that a timer that sets itself again does not repeat
    // forever.
    const leastMs = this.earlyMs > 0 ? 0.01 : 0
    const timer = { atMs: this.#nowMs + Math.max(delayMs - this.earlyMs, leastMs), callback }
    this.#timers.push(timer)
    return () => (this.#timers = this.#timers.filter((other) => other !== timer))
  }

  every(): Cancel {
    return () => undefined
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      const [next] = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((one, other) => one.atMs - other.atMs)
      if (!next) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = next.atMs
      next.callback()
    }
    this.#nowMs = endMs
  }
}
