import type { Trace } from './encounters.ts'

/** So many at most; the oldest is forgotten first. */
const maxPeople = 10_000
/** An operator has so long to ban a person who was reported and has left. */
const maxAgeMs = 24 * 3_600_000

/** People who were reported, so that they can be banned also when their session is over. */
export class ReportedPeople {
  readonly #now: () => number
  readonly #people = new Map<string, { readonly person: Trace; readonly atMs: number }>()

  /** @param now milliseconds since some moment */
  constructor(now: () => number) {
    this.#now = now
  }

  add(person: Trace): void {
    this.#people.delete(person.id)
    this.#people.set(person.id, { person, atMs: this.#now() })
    const [oldest] = this.#people.keys()
    if (this.#people.size > maxPeople && oldest !== undefined) this.#people.delete(oldest)
  }

  /** The person who had this session. */
  find(sessionId: string): Trace | undefined {
    const found = this.#people.get(sessionId)
    return found && this.#now() - found.atMs <= maxAgeMs ? found.person : undefined
  }
}
