import { TokenBucket } from '../../limits/token-bucket.ts'

/** So often something is made anew; a reader that comes more often gets the latest. */
const makingRate = { burst: 10, perSecond: 2 }

/**
 * Something that takes time to make: made anew for each reader while those are few, and twice a second
 * at most while they are many. Readers that come while it is being made share one.
 */
export class Snapshot<T> {
  readonly #make: () => T | Promise<T>
  readonly #now: () => number
  readonly #makings: TokenBucket
  #latest: { readonly value: T } | undefined
  #pending: Promise<T> | undefined

  constructor(make: () => T | Promise<T>, now: () => number) {
    this.#make = make
    this.#now = now
    this.#makings = new TokenBucket(makingRate, now())
  }

  /** The latest, which is at most half a second old. Rejects if it cannot be made. */
  read(): Promise<T> {
    if (this.#pending) return this.#pending
    if (this.#latest && this.#makings.take(this.#now()) > 0)
      return Promise.resolve(this.#latest.value)
    const pending = this.#remake().finally(() => (this.#pending = undefined))
    this.#pending = pending
    return pending
  }

  async #remake(): Promise<T> {
    const value = await this.#make()
    this.#latest = { value }
    return value
  }
}
