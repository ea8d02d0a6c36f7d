import { Failure } from './failure.ts'

/** The shortest and the longest time between two connections, once the server has refused one. */
const minIntervalMs = 50
const maxIntervalMs = 1000
/** Refusals within this time of another one count once, because they have the same cause. */
const sameRefusalMs = 1000

/** So many connections in a row that could not be opened show that the server does not answer any more. */
const maxUnopened = 10

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
  #unopened = 0

  constructor(clock = systemClock) {
    this.#clock = clock
  }

  /**
   * Resolves when the next connection may be opened, with the time that it had to wait.
   * @throws Failure if the last ten connections could not be opened, so that a run against a server that has
   *   ended does not take long
   */
  async pass(): Promise<number> {
    if (this.#unopened >= maxUnopened) throw new Failure('the server does not answer any more')
    const nowMs = this.#clock.now()
    const waitMs = Math.max(0, this.#nextMs - nowMs)
    this.#nextMs = nowMs + waitMs + this.#intervalMs
    this.#intervalMs = this.#intervalMs > minIntervalMs ? this.#intervalMs * 0.99 : 0
    if (waitMs > 0) await this.#clock.sleep(waitMs)
    return waitMs
  }

  /** Call this when a connection has opened, or could not be opened. */
  handleOpened(isOpen: boolean): void {
    this.#unopened = isOpen ? 0 : this.#unopened + 1
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
