import type { Cancel, Clock } from './clock.ts'

interface Scheduled {
  atMs: number
  readonly callback: () => void
}

/** A clock for unit tests. Time passes only when a test advances it. */
export class ManualClock implements Clock {
  readonly #scheduled = new Set<Scheduled>()
  #nowMs = 1_000_000

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Cancel {
    const scheduled = { atMs: this.#nowMs + delayMs, callback }
    this.#scheduled.add(scheduled)
    return () => void this.#scheduled.delete(scheduled)
  }

  /** The number of scheduled callbacks. */
  get pending(): number {
    return this.#scheduled.size
  }

  /** Advances by `ms`. Runs each callback at its time, also if another callback has scheduled it. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    while (this.#runNext(endMs));
    this.#nowMs = endMs
  }

  /** Advances as `advance` does, but runs the reactions to settled promises before each callback. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    do await settle()
    while (this.#runNext(endMs))
    this.#nowMs = endMs
    await settle()
  }

  /** Simulates a suspended machine: advances by `ms` and postpones all scheduled callbacks by `ms`. */
  sleep(ms: number): void {
    this.#nowMs += ms
    for (const scheduled of this.#scheduled) scheduled.atMs += ms
  }

  /**
   * Runs the callback that was scheduled first, regardless of its time. Does nothing if none is scheduled.
   */
  runOldest(): void {
    for (const scheduled of this.#scheduled) {
      this.#run(scheduled)
      return
    }
  }

  /** Runs the callback with the earliest time. Returns false if no callback is due by `endMs`. */
  #runNext(endMs: number): boolean {
    let next: Scheduled | undefined
    for (const scheduled of this.#scheduled) {
      if (scheduled.atMs <= endMs && (!next || scheduled.atMs < next.atMs)) next = scheduled
    }
    if (!next) return false
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    this.#run(next)
    return true
  }

  #run(scheduled: Scheduled): void {
    this.#scheduled.delete(scheduled)
    scheduled.callback()
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
