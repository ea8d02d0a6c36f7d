import type { Trace } from './encounters.ts'

/** The maximum number of entries. The oldest is removed first. */
const maxPeople = 10_000
/** How long an operator can ban a reported user whose session has ended. */
const maxAgeMs = 24 * 3_600_000

/** Sessions that were reported. They can be banned even after they have ended. */
export class ReportedPeople {
  readonly #now: () => number
  readonly #people = new Map<string, { readonly person: Trace; readonly atMs: number }>()

  /** @param now returns the time of a monotonic clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  add(person: Trace): void {
    this.#people.delete(person.id)
    this.#people.set(person.id, { person, atMs: this.#now() })
    const [oldest] = this.#people.keys()
    if (this.#people.size > maxPeople && oldest !== undefined) this.#people.delete(oldest)
  }

  /** Returns what is known of this session. Undefined if it was not reported in the last day. */
  find(sessionId: string): Trace | undefined {
    const found = this.#people.get(sessionId)
    return found && this.#now() - found.atMs <= maxAgeMs ? found.person : undefined
  }
}
