import type { Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Counts } from '../core/counts.ts'
import type { ServerObserver } from '../events.ts'
import type { Site } from '../sites/site.ts'
import type { WaitPercentiles } from './wait-times.ts'
import { WaitTimes } from './wait-times.ts'

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

interface StatusReporterDependencies {
  readonly settings: () => Pick<ResolvedServerOptions, 'maxUsers' | 'maxRooms'>
  readonly clock: Pick<Clock, 'now'>
  readonly version: string
  readonly isDraining: () => boolean
  readonly counts: () => Counts
  readonly countsBySite: () => ReadonlyMap<string, Counts>
  readonly sites: () => Iterable<Pick<Site, 'key' | 'maxUsers'>>
}

/** Puts the figures of `/status` together: what there is now, and what was counted since the start. */
export class StatusReporter {
  /** Counts what has happened since the start. */
  readonly observer: ServerObserver
  readonly #dependencies: StatusReporterDependencies
  readonly #startedAtMs: number
  readonly #waits = new WaitTimes()
  #matches = 0

  constructor(dependencies: StatusReporterDependencies) {
    this.#dependencies = dependencies
    this.#startedAtMs = dependencies.clock.now()
    this.observer = {
      matched: ({ waitsMs }) => {
        this.#matches++
        for (const waitMs of waitsMs) this.#waits.add(waitMs)
      },
    }
  }

  /** Returns the present figures. Pass `withSites` only if the reader has the admin token. */
  read(withSites: boolean): Status {
    const { version, clock, isDraining, counts, settings } = this.#dependencies
    const { users, away, waiting, rooms } = counts()
    const { maxUsers, maxRooms } = settings()
    return {
      status: isDraining() ? 'draining' : 'healthy',
      version,
      uptime_seconds: Math.floor((clock.now() - this.#startedAtMs) / 1000),
      users,
      away,
      max_users: maxUsers,
      load_percent: percent(users, maxUsers),
      waiting,
      rooms,
      max_rooms: maxRooms,
      room_percent: percent(rooms, maxRooms),
      matches: this.#matches,
      wait_ms: this.#waits.percentiles,
      ...(withSites && { sites: this.#sites() }),
    }
  }

  #sites(): readonly SiteStatus[] {
    const { settings, countsBySite, sites } = this.#dependencies
    const counts = countsBySite()
    return [...sites()].map(({ key, maxUsers }) => {
      const { users, waiting, rooms } = counts.get(key) ?? { users: 0, waiting: 0, rooms: 0 }
      return { key, users, max_users: maxUsers ?? settings().maxUsers, waiting, rooms }
    })
  }
}

/** Returns a share in percent, rounded to one decimal. */
export function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1000) / 10
}
