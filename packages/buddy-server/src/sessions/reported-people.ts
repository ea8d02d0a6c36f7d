import type { Identified } from './identity.ts'

/** Above this number the oldest is dropped. */
const maxPeople = 10_000
/** For so long an operator can ban a user who was reported and whose session has ended. */
const maxAgeMs = 24 * 3_600_000

/** What a ban needs to recognise a user. */
export interface BanTarget {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The user's identity at the site, from the site's token. */
  readonly subject: string | undefined
  /** The address of the latest connection. */
  readonly addressKey: string
}

/** What a ban needs of the user of a session. */
export function banTargetOf({
  id: sessionId,
  identity: { site, subject },
  addressKey,
}: Identified & { readonly addressKey: string }): BanTarget {
  return { sessionId, site, subject, addressKey }
}

/** Users who were reported, so that they can be banned after their session has ended. */
export class ReportedPeople {
  readonly #now: () => number
  readonly #people = new Map<string, { readonly target: BanTarget; readonly atMs: number }>()

  /** @param now milliseconds on any clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  add(target: BanTarget): void {
    const { sessionId } = target
    this.#people.delete(sessionId)
    this.#people.set(sessionId, { target, atMs: this.#now() })
    const [oldest] = this.#people.keys()
    if (this.#people.size > maxPeople && oldest !== undefined) this.#people.delete(oldest)
  }

  /** A session has ended: if its user was reported, the latest address is kept. */
  handleEnded(target: BanTarget): void {
    const known = this.#people.get(target.sessionId)
    if (known) this.#people.set(target.sessionId, { ...known, target })
  }

  /** The user who had this session, for a day after the report. */
  find(sessionId: string): BanTarget | undefined {
    const found = this.#people.get(sessionId)
    return found && this.#now() - found.atMs <= maxAgeMs ? found.target : undefined
  }
}
