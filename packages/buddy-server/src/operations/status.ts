/** The present figures of one site. Only a reader with the admin token gets them. */
export interface SiteStatus {
  /** The site's public key. Empty for the server's own pages. */
  readonly key: string
  readonly users: number
  /** The maximum number of users of the site, or that of the server if the site has none. */
  readonly max_users: number
  readonly waiting: number
  readonly rooms: number
}

/** Percentiles of the latest waits from ticket to match, in milliseconds. Null before the first match. */
export interface WaitPercentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The present figures of the server, as `/status` returns them. */
export interface Status {
  readonly status: 'healthy' | 'draining'
  readonly version: string
  readonly uptime_seconds: number
  readonly users: number
  /** How many of the users have lost their connection and may still resume. */
  readonly away: number
  readonly max_users: number
  /** Users in percent of the maximum. */
  readonly load_percent: number
  readonly waiting: number
  readonly rooms: number
  readonly max_rooms: number
  /** Rooms in percent of the maximum. */
  readonly room_percent: number
  /** The number of rooms opened since the start. */
  readonly matches: number
  readonly wait_ms: WaitPercentiles
  /** Present only with the admin token. */
  readonly sites?: readonly SiteStatus[]
}

/** Returns a share in percent, rounded to one decimal. */
export function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 10
}
