/** The shortest and the longest time between two connections, once the server has refused one. */
const minIntervalMs = 50
const maxIntervalMs = 1000
/** Refusals within this time of another one count once, because they have the same cause. */
const sameRefusalMs = 1000

/** The time as the gate needs it, in milliseconds. */
interface GateClock {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

const systemClock: GateClock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

/**
 * Delays new connections after the server has refused one because there were too many. Connections then follow
 * each other at an interval, which becomes longer with each refusal, and shorter with each connection.
 */
export class Gate {
  readonly #clock: GateClock
  #nextMs = 0
  #intervalMs = 0
  #refusedAtMs = -Infinity

  constructor(clock = systemClock) {
    this.#clock = clock
  }

  /** Resolves when the next connection may be opened, with the time that it had to wait. */
  async pass(): Promise<number> {
    const nowMs = this.#clock.now()
    const waitMs = Math.max(0, this.#nextMs - nowMs)
    this.#nextMs = nowMs + waitMs + this.#intervalMs
    this.#intervalMs = this.#intervalMs > minIntervalMs ? this.#intervalMs * 0.99 : 0
    if (waitMs > 0) await this.#clock.sleep(waitMs)
    return waitMs
  }

  /** Call this when the server has refused a connection, with the time that it demands. */
  handleRefusal(retryAfterMs: number): void {
    const nowMs = this.#clock.now()
    this.#nextMs = Math.max(this.#nextMs, nowMs + retryAfterMs)
    if (nowMs - this.#refusedAtMs < sameRefusalMs) return
    this.#refusedAtMs = nowMs
    this.#intervalMs = Math.min(Math.max(this.#intervalMs, minIntervalMs) * 2, maxIntervalMs)
  }
}
