import type { Status } from '../status.ts'

/**
 * The samples, as one array for each curve. All arrays have the same length, and the newest sample is last.
 * Figures per second or minute are averages since the previous sample.
 */
export interface DashboardSamples {
  /** When each sample was taken, in seconds since 1970. */
  readonly at: readonly number[]
  readonly users: readonly number[]
  readonly waiting: readonly number[]
  readonly rooms: readonly number[]
  readonly matchesPerMinute: readonly number[]
  /** The 95th percentile of the waits before the latest matches. Null before the first match. */
  readonly waitP95Ms: readonly (number | null)[]
  readonly framesPerSecond: readonly number[]
  readonly bytesPerSecond: readonly number[]
  /** The resident memory of the process. */
  readonly residentBytes: readonly number[]
  /** The longest delay of the event loop since the previous sample. */
  readonly loopLagMs: readonly number[]
}

/** The refusals with the same reason since the start of the server. */
export interface RecentRefusals {
  /** An error code of the protocol, such as `server-full`. */
  readonly reason: string
  readonly count: number
  /** When the latest refusal happened, in milliseconds since 1970. */
  readonly latestAtMs: number
  /** The origin of the latest refused page, cut if it is long. Null if the client sent none. */
  readonly latestOrigin: string | null
}

/** The response of `/dashboard/data`: everything that the dashboard shows. */
export interface DashboardData {
  /** The server's time, in milliseconds since 1970. */
  readonly nowMs: number
  /** The time between two samples, in milliseconds. */
  readonly intervalMs: number
  readonly status: Status
  readonly samples: DashboardSamples
  readonly refusals: readonly RecentRefusals[]
}
