/** One site at one moment, for whoever has the admin token. */
export interface SiteStatus {
  /** The site's public key; empty is the server's own. */
  readonly key: string
  readonly users: number
  /** The site's cap; the server's where it has none of its own. */
  readonly max_users: number
  readonly waiting: number
  readonly rooms: number
}

/** How long the latest matches took, from ticket to match, in milliseconds; null before the first. */
export interface WaitPercentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The server at one moment, as `/status` gives it. */
export interface Status {
  readonly status: 'healthy' | 'draining'
  readonly version: string
  readonly uptime_seconds: number
  readonly users: number
  /** Of the users: gone without a word, and expected back within the grace time. */
  readonly away: number
  readonly max_users: number
  /** Users in percent of the cap. */
  readonly load_percent: number
  readonly waiting: number
  readonly rooms: number
  readonly max_rooms: number
  /** Rooms in percent of the cap. */
  readonly room_percent: number
  /** Rooms opened since the start. */
  readonly matches: number
  readonly wait_ms: WaitPercentiles
  /** There only where the admin token was shown. */
  readonly sites?: readonly SiteStatus[]
}

/** A share in percent with one decimal. */
export function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 10
}
