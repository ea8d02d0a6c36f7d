import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Counts } from '../../core/counts.ts'
import type { DashboardSamples } from './data.ts'

/** The present counts, and totals that never decrease. */
export interface Reading extends Omit<Counts, 'away'> {
  readonly matches: number
  readonly waitP95Ms: number | null
  readonly relayedFrames: number
  readonly relayedBytes: number
}

/** The maximum number of samples. With one every two seconds, they cover twenty minutes. */
const maxSamples = 600

type Columns = { -readonly [Name in keyof DashboardSamples]: DashboardSamples[Name][number][] }

/** Keeps samples of the last minutes, so that the dashboard shows them when it is opened. */
export class Sampler {
  readonly #read: () => Reading
  readonly #epochMs: () => number
  readonly #nowMs: () => number
  readonly #loop = monitorEventLoopDelay({ resolution: 20 })
  #before: { readonly reading: Reading; readonly atMs: number } | undefined
  readonly #columns: Columns = {
    at: [],
    users: [],
    waiting: [],
    rooms: [],
    matchesPerMinute: [],
    waitP95Ms: [],
    framesPerSecond: [],
    bytesPerSecond: [],
    residentBytes: [],
    loopLagMs: [],
  }

  /**
   * @param epochMs returns milliseconds since 1970; a correction of the system clock may set it back
   * @param nowMs returns the time of a monotonic clock, in milliseconds
   */
  constructor(read: () => Reading, epochMs: () => number, nowMs: () => number) {
    this.#read = read
    this.#epochMs = epochMs
    this.#nowMs = nowMs
  }

  /** Starts to measure. The first sample covers the time since this call. */
  start(): void {
    this.#before = { reading: this.#read(), atMs: this.#nowMs() }
    this.#loop.enable()
  }

  get samples(): DashboardSamples {
    return this.#columns as DashboardSamples
  }

  /** Takes a sample, and drops the oldest if there are too many. Does nothing before `start()`. */
  sample(): void {
    if (!this.#before) return
    const { reading: before, atMs: beforeMs } = this.#before
    const reading = this.#read()
    const atMs = this.#nowMs()
    const seconds = Math.max((atMs - beforeMs) / 1000, 0.001)
    const perSecond = (now: number, then: number): number => round((now - then) / seconds)
    this.#add({
      // The times must increase, because plots require that, even if the system clock was set back.
      at: Math.max(this.#epochMs() / 1000, (this.#columns.at.at(-1) ?? 0) + 0.001),
      users: reading.users,
      waiting: reading.waiting,
      rooms: reading.rooms,
      matchesPerMinute: perSecond(reading.matches * 60, before.matches * 60),
      waitP95Ms: reading.waitP95Ms,
      framesPerSecond: perSecond(reading.relayedFrames, before.relayedFrames),
      bytesPerSecond: perSecond(reading.relayedBytes, before.relayedBytes),
      residentBytes: process.memoryUsage.rss(),
      // The histogram measures the intervals of its own timer, which are 20 ms without any lag.
      loopLagMs: round(Math.max(0, this.#loop.max / 1e6 - 20)),
    })
    this.#loop.reset()
    this.#before = { reading, atMs }
  }

  /** Stops measuring the event loop. */
  close(): void {
    this.#loop.disable()
  }

  #add(sample: { [Name in keyof Columns]: Columns[Name][number] }): void {
    for (const name of Object.keys(sample) as (keyof Columns)[]) {
      const column = this.#columns[name] as (number | null)[]
      column.push(sample[name])
      if (column.length > maxSamples) column.shift()
    }
  }
}

const round = (value: number): number => Math.round(value * 10) / 10
