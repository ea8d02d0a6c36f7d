import type { Cancel, Clock } from './clock.ts'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock for tests. Time passes only by `advance`, which calls back in order. */
export class ManualClock implements Clock {
  /** How much too early a timer fires, as the timers of a real machine do. */
  earlyMs = 0
  #nowMs = 0
  #timers: Timer[] = []

  /** How many timers wait. */
  get size(): number {
    return this.#timers.length
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Cancel {
    // Even a timer that fires early takes a moment, so that a loop of timers ends.
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
