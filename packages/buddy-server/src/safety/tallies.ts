import type { Store, StoredTally } from './store.ts'
import type { StoreWriter } from './store-writer.ts'

interface TalliesDependencies {
  readonly store: Pick<Store, 'findTally'>
  readonly writer: Pick<StoreWriter, 'later'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
}

/** The maximum number of tallies in memory. */
const maxCached = 20_000

/** The numbers of partners whom each person has met and reported. */
export class Tallies {
  readonly #dependencies: TalliesDependencies
  /** The one that was used last is last. */
  readonly #cache = new Map<string, StoredTally>()
  readonly #unstored = new Set<string>()

  constructor(dependencies: TalliesDependencies) {
    this.#dependencies = dependencies
  }

  of(personId: string): Pick<StoredTally, 'met' | 'reported'> {
    const known = this.#cache.get(personId) ?? this.#dependencies.store.findTally(personId)
    return known ?? { met: 0, reported: 0 }
  }

  addMet(personId: string): void {
    const { met, reported } = this.of(personId)
    this.#put(personId, met + 1, reported)
  }

  addReported(personId: string): void {
    const { met, reported } = this.of(personId)
    this.#put(personId, met, reported + 1)
  }

  #put(personId: string, met: number, reported: number): void {
    const { writer, wallNow } = this.#dependencies
    this.#cache.delete(personId)
    this.#cache.set(personId, { personId, met, reported, atMs: wallNow() })
    this.#dropOldest()
    if (this.#unstored.has(personId)) return
    this.#unstored.add(personId)
    const isWaiting = writer.later({
      kind: 'tally',
      write: (store) => {
        const tally = this.#cache.get(personId)
        if (tally) store.putTally(tally)
      },
      onStored: () => this.#unstored.delete(personId),
    })
    // A dropped tally must not count as waiting, because it would then stay in memory for ever.
    if (!isWaiting) this.#unstored.delete(personId)
  }

  #dropOldest(): void {
    if (this.#cache.size <= maxCached) return
    for (const personId of this.#cache.keys()) {
      if (this.#unstored.has(personId)) continue
      this.#cache.delete(personId)
      return
    }
  }
}
