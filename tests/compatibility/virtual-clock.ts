import type { ClientEnvironment } from '@buddy-chat/client'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

/** A clock whose time passes only when it is advanced. */
export class VirtualClock {
  readonly #timers = new Set<Timer>()
  #nowMs = 0

  readonly clock: ClientEnvironment['clock'] = {
    now: () => this.#nowMs,
    after: (delayMs, callback) => {
      const timer = { atMs: this.#nowMs + delayMs, callback }
      this.#timers.add(timer)
      return () => void this.#timers.delete(timer)
    },
  }

  /** Goes on to the next timer, and fires it. Returns false if there is none within `limitMs`. */
  fireNext(limitMs: number): boolean {
    const [next] = [...this.#timers].sort((one, other) => one.atMs - other.atMs)
    if (!next || next.atMs > this.#nowMs + limitMs) return false
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    this.#timers.delete(next)
    next.callback()
    return true
  }
}
