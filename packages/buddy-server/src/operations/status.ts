/** The server at one moment, as `/status` gives it. */
export interface Status {
  readonly status: 'healthy'
  readonly version: string
  readonly uptime_seconds: number
  readonly users: number
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
}

/** A share in percent with one decimal. */
export function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 10
}
