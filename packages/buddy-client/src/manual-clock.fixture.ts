import type { Cancel, Clock } from './clock.ts'

interface Scheduled {
  atMs: number
  readonly callback: () => void
}

/** A clock for unit tests: time passes only when a test says so. */
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

  /** How many callbacks are scheduled. */
  get pending(): number {
    return this.#scheduled.size
  }

  /** Lets `ms` pass. Runs each callback at its time, also one that an earlier callback scheduled. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    while (this.#runNext(endMs));
    this.#nowMs = endMs
  }

  /** The same, but settled promises are handled before the next callback runs. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    do await settle()
    while (this.#runNext(endMs))
    this.#nowMs = endMs
    await settle()
  }

  /** Lets `ms` pass as on a machine that sleeps: what is scheduled is postponed by as much. */
  sleep(ms: number): void {
    this.#nowMs += ms
    for (const scheduled of this.#scheduled) scheduled.atMs += ms
  }

  /** Runs the callback that was scheduled first, whatever its time. Does nothing if there is none. */
  runOldest(): void {
    for (const scheduled of this.#scheduled) {
      this.#run(scheduled)
      return
    }
  }

  /** Runs the callback that is due first, in the order of scheduling. False if none is due. */
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
