import type { Status } from '../status.ts'

/**
 * What moved over time: one array for each curve, all as long as `at`. The newest sample comes last.
 * Figures per second are averages over the time since the sample before.
 */
export interface DashboardSamples {
  /** Seconds since 1970. */
  readonly at: readonly number[]
  readonly users: readonly number[]
  readonly waiting: readonly number[]
  readonly rooms: readonly number[]
  readonly matchesPerMinute: readonly number[]
  /** Of the latest matches, how long 95 of 100 waited at most; null before the first match. */
  readonly waitP95Ms: readonly (number | null)[]
  readonly framesPerSecond: readonly number[]
  readonly bytesPerSecond: readonly number[]
  /** Resident memory of the process. */
  readonly residentBytes: readonly number[]
  /** Longest delay of the event loop since the sample before. */
  readonly loopLagMs: readonly number[]
}

/** Refusals of one kind, since the start. */
export interface RecentRefusals {
  /** An error code of the protocol, such as `server-full`. */
  readonly reason: string
  readonly count: number
  /** Milliseconds since 1970. */
  readonly latestAtMs: number
  /** The page the latest came from, cut where it is long; null where it was none. */
  readonly latestOrigin: string | null
}

/** What `/dashboard/data` answers: everything the dashboard shows. */
export interface DashboardData {
  /** The time at the server, in milliseconds since 1970. */
  readonly nowMs: number
  /** Between two samples. */
  readonly intervalMs: number
  readonly status: Status
  readonly samples: DashboardSamples
  readonly refusals: readonly RecentRefusals[]
}
