import type { LinkTable } from './chain.ts'
import { Bucket } from './lists.ts'

/** The buckets that were found for a session before. */
export interface BucketMemo<W> {
  /** The state of those who have found them: another object after each removal of empty buckets. */
  generation: object | undefined
  buckets: readonly Bucket<W>[]
}

/** Empty buckets are removed together when there are so many new ones, because tickets often need them again. */
const minNewBuckets = 1000

const noBuckets: readonly never[] = []

/** The buckets of all interests in an index. Each interest has a number, because these compare faster than words. */
export class InterestBuckets<W> {
  /** The latest search for each interest, by its number. */
  searchedBy = new Int32Array(64)
  readonly #table: LinkTable<W>
  readonly #byInterest = new Map<string, Bucket<W>>()
  /** The numbers of removed interests. */
  readonly #freeNumbers: number[] = []
  #endNumber = 1
  #sizeAfterSweep = 0
  #generation = {}

  constructor(table: LinkTable<W>) {
    this.#table = table
  }

  /**
   * Returns the buckets of these interests, in the same order. If there are none, it creates them.
   * @param memo what was found for the same session before. Updated
   */
  find(interestKeys: readonly string[], memo: BucketMemo<W>): readonly Bucket<W>[] {
    if (memo.generation !== this.#generation || !areOf(memo.buckets, interestKeys)) {
      if (this.#byInterest.size > minNewBuckets + 2 * this.#sizeAfterSweep) this.#sweep()
      memo.generation = this.#generation
      memo.buckets =
        interestKeys.length === 0 ? noBuckets : interestKeys.map((key) => this.#bucketOf(key))
    }
    return memo.buckets
  }

  #bucketOf(key: string): Bucket<W> {
    const known = this.#byInterest.get(key)
    if (known) return known
    const number = this.#freeNumbers.pop() ?? this.#endNumber++
    if (number === this.searchedBy.length) {
      const searchedBy = new Int32Array(number * 2)
      searchedBy.set(this.searchedBy)
      this.searchedBy = searchedBy
    }
    const bucket = new Bucket(key, number, this.#table)
    this.#byInterest.set(key, bucket)
    return bucket
  }

  #sweep(): void {
    this.#generation = {}
    for (const [key, bucket] of this.#byInterest) {
      if (bucket.size > 0) continue
      this.#byInterest.delete(key)
      this.#freeNumbers.push(bucket.number)
    }
    this.#sizeAfterSweep = this.#byInterest.size
  }
}

/** Returns whether these are the buckets of the interests, in the same order. */
function areOf<W>(buckets: readonly Bucket<W>[], interestKeys: readonly string[]): boolean {
  if (buckets.length !== interestKeys.length) return false
  for (let index = 0; index < buckets.length; index++) {
    if (buckets[index]!.key !== interestKeys[index]) return false
  }
  return true
}
