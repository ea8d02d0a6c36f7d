import type { Status } from '../status.ts'

/**
 * Samples over time: one array for each curve, all with the length of `at`. The newest sample is last.
 * Figures per second or minute are averages since the previous sample.
 */
export interface DashboardSamples {
  /** Seconds since 1970. */
  readonly at: readonly number[]
  readonly users: readonly number[]
  readonly waiting: readonly number[]
  readonly rooms: readonly number[]
  readonly matchesPerMinute: readonly number[]
  /** The 95th percentile of the wait before the latest matches. Null before the first match. */
  readonly waitP95Ms: readonly (number | null)[]
  readonly framesPerSecond: readonly number[]
  readonly bytesPerSecond: readonly number[]
  /** Resident memory of the process. */
  readonly residentBytes: readonly number[]
  /** The longest delay of the event loop since the previous sample. */
  readonly loopLagMs: readonly number[]
}

/** Refusals with one reason, since the start. */
export interface RecentRefusals {
  /** An error code of the protocol, such as `server-full`. */
  readonly reason: string
  readonly count: number
  /** Milliseconds since 1970. */
  readonly latestAtMs: number
  /** The origin of the latest refused page, cut if it is long. Null if the client sent none. */
  readonly latestOrigin: string | null
}

/** The response of `/dashboard/data`: everything that the dashboard shows. */
export interface DashboardData {
  /** The server's time, in milliseconds since 1970. */
  readonly nowMs: number
  /** The time between two samples. */
  readonly intervalMs: number
  readonly status: Status
  readonly samples: DashboardSamples
  readonly refusals: readonly RecentRefusals[]
}
