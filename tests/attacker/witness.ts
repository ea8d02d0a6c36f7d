import type { BuddyServerHooks } from '@buddy-chat/server'

/** The person to whom a session really belongs, whatever its client claims. */
export interface TrueIdentity {
  readonly person: string
  readonly site: string
  /** The age band that the site has signed, or that it gives to unsigned users. */
  readonly band: string
  readonly lobby: string
}

const pairOf = (one: string, other: string): string => [one, other].toSorted().join(' and ')

/**
 * Observes a server by its hooks, knows the true person of each session, and records every meeting and every
 * report that must not happen.
 */
export class Witness {
  readonly #sessions = new Map<string, TrueIdentity>()
  readonly #blocked = new Set<string>()
  readonly #met = new Set<string>()
  readonly #reports = new Set<string>()
  /** The faults, each in one sentence. */
  readonly faults: string[] = []
  readonly counts = new Map<string, number>()

  /** Call this before the session sends a ticket. */
  identify(sessionId: string, identity: TrueIdentity): void {
    this.#sessions.set(sessionId, identity)
  }

  /** Call this when the server has handled the block. */
  handleBlock(one: string, other: string): void {
    // A person who has met themselves in another tab cannot block themselves.
    if (one === other) return
    this.#blocked.add(pairOf(one, other))
    this.count('blocks')
  }

  isBlocked(one: string, other: string): boolean {
    return this.#blocked.has(pairOf(one, other))
  }

  personOf(sessionId: string): string | undefined {
    return this.#sessions.get(sessionId)?.person
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  readonly hooks: BuddyServerHooks = {
    onMatch: ({ people }) => {
      const [one, other] = people.map(({ sessionId }) => this.#sessions.get(sessionId))
      this.count('matches')
      if (!one || !other) {
        this.faults.push('a session was matched that has sent no ticket')
        return
      }
      for (const name of ['site', 'band', 'lobby'] as const) {
        if (one[name] === other[name]) continue
        this.faults.push(
          `${one.person} (${name} ${one[name]}) met ${other.person} (${name} ${other[name]})`,
        )
      }
      const pair = pairOf(one.person, other.person)
      if (this.#blocked.has(pair)) this.faults.push(`${pair} met after a block`)
      this.#met.add(pair)
    },
    onReport: ({ from, aboutId }) => {
      this.count('reports that the operator received')
      const [by, about] = [from.sessionId, aboutId].map((id) => this.#sessions.get(id)?.person)
      if (by === undefined || about === undefined || !this.#met.has(pairOf(by, about))) {
        this.faults.push(`${by ?? '?'} reported ${about ?? '?'}, whom they have never met`)
        return
      }
      const key = `${by} reported ${about}`
      if (this.#reports.has(key)) this.faults.push(`${key} twice`)
      this.#reports.add(key)
    },
  }
}
