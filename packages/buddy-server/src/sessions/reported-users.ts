import type { Identified } from './identity.ts'

/** Maximum number of reported users. If it is exceeded, the oldest entry is dropped. */
const maxPeople = 10_000
/** How long after a report an operator can ban a user whose session has ended. */
const maxAgeMs = 24 * 3_600_000

/** The data by which a ban recognises a user. */
export interface BanTarget {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The user's identity at the site, from the site token. */
  readonly subject: string | undefined
  /** The address of the session's latest connection. */
  readonly addressKey: string
}

/** Returns the data by which a ban recognises the user of a session. */
export function banTargetOf({
  id: sessionId,
  identity: { site, subject },
  addressKey,
}: Identified & { readonly addressKey: string }): BanTarget {
  return { sessionId, site, subject, addressKey }
}

/** Remembers users who were reported, so that an operator can ban them after their session has ended. */
export class ReportedUsers {
  readonly #now: () => number
  readonly #people = new Map<string, { readonly target: BanTarget; readonly atMs: number }>()

  /** @param now returns milliseconds on a monotonic clock */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Adds a user who was reported. If the user is known already, the entry counts as new. */
  add(target: BanTarget): void {
    const { sessionId } = target
    this.#people.delete(sessionId)
    this.#people.set(sessionId, { target, atMs: this.#now() })
    const [oldest] = this.#people.keys()
    if (this.#people.size > maxPeople && oldest !== undefined) this.#people.delete(oldest)
  }

  /** Call this when a session has ended. If its user was reported, updates the address. */
  handleEnded(target: BanTarget): void {
    const known = this.#people.get(target.sessionId)
    if (known) this.#people.set(target.sessionId, { ...known, target })
  }

  /** Returns the user of this session; undefined if the user was not reported within the last day. */
  find(sessionId: string): BanTarget | undefined {
    const found = this.#people.get(sessionId)
    return found && this.#now() - found.atMs <= maxAgeMs ? found.target : undefined
  }
}
