/** The shortest and the longest time between two connections, once the server has refused one. */
const minIntervalMs = 50
const maxIntervalMs = 1000
/** Refusals within this time of another one count once, because they have the same cause. */
const sameRefusalMs = 1000

/**
 * Delays new connections after the server has refused one because there were too many. Connections then follow
 * each other at an interval, which becomes longer with each refusal, and shorter with each connection.
 */
export class Gate {
  #nextMs = 0
  #intervalMs = 0
  #refusedAtMs = -Infinity

  /** Resolves when the next connection may be opened, with the time that it had to wait. */
  async pass(): Promise<number> {
    const nowMs = performance.now()
    const waitMs = Math.max(0, this.#nextMs - nowMs)
    this.#nextMs = nowMs + waitMs + this.#intervalMs
    this.#intervalMs = this.#intervalMs > minIntervalMs ? this.#intervalMs * 0.99 : 0
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    return waitMs
  }

  /** Call this when the server has refused a connection, with the time that it demands. */
  handleRefusal(retryAfterMs: number): void {
    const nowMs = performance.now()
    this.#nextMs = Math.max(this.#nextMs, nowMs + retryAfterMs)
    if (nowMs - this.#refusedAtMs < sameRefusalMs) return
    this.#refusedAtMs = nowMs
    this.#intervalMs = Math.min(Math.max(this.#intervalMs, minIntervalMs) * 2, maxIntervalMs)
  }
}
