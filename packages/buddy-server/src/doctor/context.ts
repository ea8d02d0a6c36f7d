import type { Config } from '../config/read-config.ts'

/** What every check receives. */
export interface CheckContext {
  readonly config: Config
  /** The version of this command. */
  readonly version: string
  /** Returns milliseconds since 1970. */
  readonly now: () => number
  /** The maximum time of one exchange with another machine. */
  readonly timeLimitMs: number
  /** An http or https URL whose `Date` is compared with the clock. Undefined: that of an origin. */
  readonly timeFrom: string | undefined
}
