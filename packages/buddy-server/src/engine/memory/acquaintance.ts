import type { Clock } from '../../clock.ts'
import type { People } from './people.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** The dependencies of {@link Acquaintance}. */
export interface AcquaintanceDependencies {
  readonly clock: Pick<Clock, 'now'>
  readonly people: Pick<People, 'relationOf' | 'avoidsUntilMs' | 'avoidsAll'>
  /**
   * Returns the rematch delay: recent partners meet again only after one of them has waited this long, and
   * only if both have nobody else in the pool.
   */
  readonly rematchDelayMs: () => number
}

/** Decides whether two tickets whose criteria match may be matched, as far as their people know each other. */
export class Acquaintance<T extends Entrant> {
  readonly #dependencies: AcquaintanceDependencies
  /** The partners that the present search has skipped because of what the people know of each other. */
  #skipped: Waiting<T>[] = []

  constructor(dependencies: AcquaintanceDependencies) {
    this.#dependencies = dependencies
  }

  /** Returns whether two people may meet. Notes why and until when not. */
  readonly accepts = (waiting: Waiting<T>, candidate: Waiting<T>): boolean => {
    const { person } = waiting
    const { person: other } = candidate
    // A person who tries a page in two tabs is matched with the other tab, but only while no other person is present.
    if (person === other) return waiting.pool.peopleCount === 1
    const { people, rematchDelayMs, clock } = this.#dependencies
    const relation = people.relationOf(person, other)
    if (!relation) return true
    if (relation === 'recent') {
      const { pool, heldUntilMs = Infinity } = waiting
      const relaxesAtMs = Math.min(waiting.sinceMs, candidate.sinceMs) + rematchDelayMs()
      const endsAtMs = people.avoidsUntilMs(person, other)
      if (relaxesAtMs > clock.now()) {
        waiting.heldUntilMs = Math.min(heldUntilMs, relaxesAtMs, endsAtMs)
      } else if (
        people.avoidsAll(person, pool, pool.peopleCount) &&
        people.avoidsAll(other, pool, pool.peopleCount)
      ) {
        return true
      } else waiting.heldUntilMs = Math.min(heldUntilMs, endsAtMs)
    }
    this.#skipped.push(candidate)
    return false
  }

  /** Returns whether two people who were matched have met recently. */
  isRematch(searcher: Waiting<T>, partner: Waiting<T>): boolean {
    return this.#dependencies.people.relationOf(searcher.person, partner.person) === 'recent'
  }

  /** Returns the partners that were skipped since the last call. */
  takeSkipped(): readonly Waiting<T>[] {
    const skipped = this.#skipped
    if (skipped.length > 0) this.#skipped = []
    return skipped
  }
}
