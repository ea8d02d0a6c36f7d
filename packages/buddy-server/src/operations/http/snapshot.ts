import { TokenBucket } from '../../limits/token-bucket.ts'

/** The maximum rate at which new values are made. Readers beyond it get the latest value. */
const makeRate = { burst: 10, perSecond: 2 }

/**
 * A value that is expensive to make. If there are few readers, each gets a new value. If there are many, a new
 * value is made at most twice a second. Readers that arrive while it is being made share the result.
 */
export class Snapshot<T> {
  readonly #make: () => T | Promise<T>
  readonly #now: () => number
  readonly #makeBucket: TokenBucket
  #latest: { readonly value: T } | undefined
  #pending: Promise<T> | undefined

  constructor(make: () => T | Promise<T>, now: () => number) {
    this.#make = make
    this.#now = now
    this.#makeBucket = new TokenBucket(makeRate, now())
  }

  /** Resolves with a value that is at most half a second old. Rejects if making it fails. */
  read(): Promise<T> {
    if (this.#pending) return this.#pending
    if (this.#latest && this.#makeBucket.take(this.#now()) > 0)
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
