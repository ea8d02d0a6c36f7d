import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Counts } from '../../counts.ts'
import type { DashboardSamples } from './data.ts'

/** One moment, of counters that only grow and of figures as they are. */
export interface Reading extends Omit<Counts, 'away'> {
  readonly matches: number
  readonly waitP95Ms: number | null
  readonly relayedFrames: number
  readonly relayedBytes: number
}

/** Twenty minutes at two seconds. */
const maxSamples = 600

type Columns = { -readonly [Name in keyof DashboardSamples]: DashboardSamples[Name][number][] }

/** Remembers what moved over the last minutes, so that a dashboard opens with a past. */
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
   * @param epochMs milliseconds since 1970, which an operator's correction may set back
   * @param nowMs milliseconds since some moment, which never go back
   */
  constructor(read: () => Reading, epochMs: () => number, nowMs: () => number) {
    this.#read = read
    this.#epochMs = epochMs
    this.#nowMs = nowMs
  }

  /** Begins to measure: the first sample is about the time from here on. */
  start(): void {
    this.#before = { reading: this.#read(), atMs: this.#nowMs() }
    this.#loop.enable()
  }

  get samples(): DashboardSamples {
    return this.#columns as DashboardSamples
  }

  /** Takes one more sample; the oldest is forgotten. Does nothing before `start()`. */
  sample(): void {
    if (!this.#before) return
    const { reading: before, atMs: beforeMs } = this.#before
    const reading = this.#read()
    const atMs = this.#nowMs()
    const seconds = Math.max((atMs - beforeMs) / 1000, 0.001)
    const perSecond = (now: number, then: number): number => round((now - then) / seconds)
    this.#add({
      // A plot cannot go back in time.
      at: Math.max(this.#epochMs() / 1000, (this.#columns.at.at(-1) ?? 0) + 0.001),
      users: reading.users,
      waiting: reading.waiting,
      rooms: reading.rooms,
      matchesPerMinute: perSecond(reading.matches * 60, before.matches * 60),
      waitP95Ms: reading.waitP95Ms,
      framesPerSecond: perSecond(reading.relayedFrames, before.relayedFrames),
      bytesPerSecond: perSecond(reading.relayedBytes, before.relayedBytes),
      residentBytes: process.memoryUsage.rss(),
      // The histogram counts from one tick of its own timer to the next.
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
