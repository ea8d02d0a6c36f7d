import type { RedisLogLink } from './redis-log-link.ts'
import type { sentCommands } from './redis-log-scripts.ts'

/** The names of the keys in Redis: the stream of entries, its head, the measures, the pictures and the histories. */
type LogKeys = readonly [
  log: string,
  head: string,
  measures: string,
  stills: string,
  histories: string,
]

/** The dependencies of {@link RedisLogAccess}. */
export interface RedisLogAccessDependencies {
  readonly link: RedisLogLink
  /** The first part of the names of all keys. */
  readonly prefix: string
  readonly onError: (error: unknown) => void
}

/** Returns the first part of the names of the log's keys, which is also its channel. */
export const logBaseOf = (prefix: string): string =>
  // One hash tag, so that all keys are in one slot of a cluster.
  `${prefix}{safety}`

/** Sends the commands of the log to Redis, and reports the first failure of each outage. */
export class RedisLogAccess {
  readonly keys: LogKeys
  readonly channel: string
  readonly #link: RedisLogLink
  readonly #onError: (error: unknown) => void
  #hasFailed = false

  constructor({ link, prefix, onError }: RedisLogAccessDependencies) {
    this.#link = link
    this.#onError = onError
    const base = logBaseOf(prefix)
    this.channel = base
    this.keys = [
      `${base}:log`,
      `${base}:head`,
      `${base}:measures`,
      `${base}:stills`,
      `${base}:histories`,
    ]
  }

  /** Whether a failure was handled, and no command has succeeded since then. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** @throws UnreachableError */
  async send(
    name: (typeof sentCommands)[number],
    ...parameters: readonly (string | Uint8Array)[]
  ): Promise<unknown> {
    try {
      const reply = await this.#link.send(this.keys[0], [name, ...parameters])
      this.#hasFailed = false
      return reply
    } catch (error) {
      throw new UnreachableError('the log of reports and decisions cannot be reached', {
        cause: error,
      })
    }
  }

  /** Calls back for each message about a new entry. */
  subscribe(handleMessage: () => void): void {
    this.#link.subscribe(this.channel, handleMessage)
  }

  handleFailure(error: unknown): void {
    if (!this.#hasFailed) this.#onError(error)
    this.#hasFailed = true
  }
}

/** Redis has not answered. */
export class UnreachableError extends Error {
  override name = 'UnreachableError'
}
