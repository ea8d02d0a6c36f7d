import { mayMeetInRegions, satisfies } from '../may-meet.ts'
import type { Ticket } from '../ticket.ts'
import { LinkTable } from './chain.ts'
import type { Groups } from './lists.ts'
import { Bucket, Group, List } from './lists.ts'

/** A ticket that is or can be in the index, with the state that the index keeps of it. */
export interface Indexed<W> {
  readonly ticket: Ticket
  readonly sinceMs: number
  readonly isFreeInInterests: boolean
  readonly isFreeInLanguages: boolean
  readonly isFreeInRegions: boolean
  /** Equal for tickets with the same attributes; empty without attributes. */
  readonly attributesSignature: string
  /** Equal for tickets with the same attributes and asks; empty if the ticket asks for nothing. */
  readonly asksSignature: string
  /** The buckets of the interests, after `prepare`. */
  buckets: readonly Bucket<W>[]
  readonly memo: BucketMemo<W>
  /** The slot in the index; 0 if the ticket is in no index. */
  slot: number
  /** The latest link, from which the others can be reached. */
  link: number
  /** The number of the search that has last seen this ticket, and whether that search could choose it. */
  seenBy: number
  isChoice: boolean
}

/** The buckets that an index has found for a session before. */
export interface BucketMemo<W> {
  /** The state of the index that has found them: another object after each removal of empty buckets. */
  generation: object | undefined
  buckets: readonly Bucket<W>[]
}

/**
 * Of the acceptable tickets of one list, a search compares this many, the ones that have waited longest. So
 * the number of common interests decides among these.
 */
const maxCompared = 4
/** After so many acceptable tickets in all, a search looks at only one more in each list. */
const maxComparedInAll = 8
/** So many tickets of one group are skipped, because the two people may not meet. Then the group is left. */
const maxSkipped = 256
/** So many groups with other attributes or asks are looked at in one list. */
const maxGroups = 64
/** A ticket that states no language looks into so many lists of each interest. */
const maxLists = 64
/** Empty buckets are removed together when there are so many new ones, because tickets often need them again. */
const minNewBuckets = 1000

const noBuckets: readonly never[] = []

/**
 * The waiting tickets of one pool, so arranged that a search visits only lists whose tickets have an interest
 * and a language that the seeker accepts. Adding, searching and removing take constant time in the number of
 * tickets: a ticket is in one list for each pair of its interests and languages (at most 99), and a search
 * visits a bounded part of as many.
 *
 * The bounds matter only to tickets that many others reject. Whoever fills a list with more than 64 groups of
 * different asks delays those who ask for attributes and are in a later group: they are found when they
 * search themselves. Tickets without asks are in one group, so nobody can delay them this way.
 */
export class TicketIndex<W extends Indexed<W>> {
  readonly #table = new LinkTable<W>()
  readonly #byInterest = new Map<string, Bucket<W>>()
  /** The tickets that are free in interests. */
  readonly #free = new Bucket<W>('', this.#table)
  #bucketsAfterSweep = 0
  #generation = {}
  #search = 0
  #seeker: W | undefined
  #accepts: (seeker: W, candidate: W) => boolean = () => false
  #best: W | undefined
  #bestOverlap = 0
  #comparedCount = 0

  /** Finds the buckets of the ticket's interests. Call this before the ticket searches or is added. */
  prepare(waiting: W): void {
    const { memo } = waiting
    const { interestKeys } = waiting.ticket
    if (memo.generation !== this.#generation || !areOf(memo.buckets, interestKeys)) {
      if (this.#byInterest.size > minNewBuckets + 2 * this.#bucketsAfterSweep) this.#sweep()
      memo.generation = this.#generation
      memo.buckets =
        interestKeys.length === 0 ? noBuckets : interestKeys.map((key) => this.#bucketOf(key))
    }
    waiting.buckets = memo.buckets
    // The numbers of searches in another index mean nothing here.
    waiting.seenBy = 0
  }

  /** Adds a ticket to the lists of its interests and languages. It must be prepared, and not in an index. */
  add(waiting: W): void {
    waiting.slot = this.#table.claim(waiting, waiting.sinceMs)
    for (const bucket of waiting.buckets) this.#addTo(bucket, waiting)
    if (waiting.isFreeInInterests) this.#addTo(this.#free, waiting)
  }

  /** Removes a ticket from all lists. */
  remove(waiting: W): void {
    const table = this.#table
    for (let { link } = waiting; link !== 0;) {
      const group = table.chainOf(link) as Group<W>
      const sibling = table.siblingOf(link)
      group.remove(link)
      group.list.bucket.handleRemoved(group)
      link = sibling
    }
    waiting.link = 0
    table.release(waiting.slot)
    waiting.slot = 0
  }

  /**
   * Returns the best partner for a prepared ticket, which may be in the index itself: the one with most common
   * interests and, among equal ones, one of its region, and among these the one that has waited longest.
   * @param accepts returns whether the two people may meet, as far as their tickets do not decide it
   */
  find(seeker: W, accepts: (seeker: W, candidate: W) => boolean): W | undefined {
    this.#search++
    this.#seeker = seeker
    this.#accepts = accepts
    this.#best = undefined
    this.#comparedCount = 0
    const { buckets } = seeker
    for (const bucket of buckets) bucket.searchedBy = this.#search
    // With one interest all tickets of its bucket are equal, and the first is the best.
    const maxChoices = buckets.length > 1 ? maxCompared : 1
    for (const bucket of buckets) this.#visitBucket(bucket, maxChoices)
    // Those of the free tickets that have a common interest were found before.
    if (seeker.isFreeInInterests) this.#visitBucket(this.#free, 1)
    const best = this.#best
    this.#seeker = undefined
    this.#best = undefined
    return best
  }

  #addTo(bucket: Bucket<W>, waiting: W): void {
    const { languages } = waiting.ticket
    if (languages.length === 0) {
      bucket.withoutLanguage ??= new List(bucket, '')
      this.#addToList(bucket.withoutLanguage, waiting)
      return
    }
    for (const language of languages) this.#addToList(bucket.listOf(language), waiting)
    if (!waiting.isFreeInLanguages) return
    bucket.free ??= new List(bucket, '')
    this.#addToList(bucket.free, waiting)
  }

  #addToList(list: List<W>, waiting: W): void {
    const { attributesSignature, asksSignature } = waiting
    if (asksSignature !== '') {
      list.asking ??= new Map()
      this.#addToGroup(groupOf(list.asking, asksSignature, list), waiting)
      return
    }
    this.#addToGroup(list.open, waiting)
    if (attributesSignature === '') return
    list.signed ??= new Map()
    this.#addToGroup(groupOf(list.signed, attributesSignature, list), waiting)
  }

  #addToGroup(group: Group<W>, waiting: W): void {
    waiting.link = group.add(waiting.slot, waiting.link)
    group.list.bucket.handleAdded(group)
  }

  #visitBucket(bucket: Bucket<W>, maxChoices: number): void {
    if (bucket.size === 0) return
    const { ticket, isFreeInLanguages } = this.#seeker!
    if (bucket.withoutLanguage) this.#visitList(bucket.withoutLanguage, maxChoices)
    const { byLanguage } = bucket
    if (!byLanguage) return
    if (ticket.languages.length === 0) {
      let left = maxLists
      for (const list of byLanguage.values()) {
        if (list.size > 0 && left-- === 0) break
        this.#visitList(list, maxChoices)
      }
      return
    }
    for (const language of ticket.languages) {
      const list = byLanguage.get(language)
      if (list) this.#visitList(list, maxChoices)
    }
    if (isFreeInLanguages && bucket.free) this.#visitList(bucket.free, maxChoices)
  }

  #visitList(list: List<W>, maxChoices: number): void {
    if (list.size === 0) return
    const { asks } = this.#seeker!.ticket
    if (asks.length === 0) this.#visitGroup(list.open, maxChoices)
    else if (list.signed) this.#visitGroups(list.signed, maxChoices)
    if (list.asking) this.#visitGroups(list.asking, maxChoices)
  }

  #visitGroups(groups: Groups<W>, maxChoices: number): void {
    const own = this.#seeker!.ticket
    let left = maxGroups
    for (const group of groups.values()) {
      if (left-- === 0) break
      const other = this.#table.itemOf(group.first()).ticket
      if (satisfies(other.attributes, own.asks) && satisfies(own.attributes, other.asks)) {
        this.#visitGroup(group, maxChoices)
      }
    }
  }

  #visitGroup(group: Group<W>, maxChoices: number): void {
    let choices = 0
    let skipped = 0
    for (let link = group.first(); link !== 0; link = group.after(link)) {
      const candidate = this.#table.itemOf(link)
      if (candidate.seenBy !== this.#search) this.#consider(candidate)
      if (candidate.isChoice) {
        choices++
        // All nodes of one process have one region, so the best is of the own region in all but tests.
        if (choices >= maxChoices && this.#isOfRegion(this.#best)) return
        if (choices === maxSkipped || this.#comparedCount >= maxComparedInAll) return
      } else if (++skipped === maxSkipped) return
    }
  }

  #consider(candidate: W): void {
    candidate.seenBy = this.#search
    candidate.isChoice =
      candidate !== this.#seeker &&
      mayMeetInRegions(this.#seeker!, candidate) &&
      this.#accepts(this.#seeker!, candidate)
    if (!candidate.isChoice) return
    this.#comparedCount++
    let overlap = 0
    for (const { searchedBy } of candidate.buckets) if (searchedBy === this.#search) overlap++
    const isBetter =
      !this.#best ||
      overlap > this.#bestOverlap ||
      (overlap === this.#bestOverlap && this.#isPreferred(candidate, this.#best))
    if (!isBetter) return
    this.#best = candidate
    this.#bestOverlap = overlap
  }

  #isPreferred(candidate: W, best: W): boolean {
    const isOfRegion = this.#isOfRegion(candidate)
    if (isOfRegion !== this.#isOfRegion(best)) return isOfRegion
    return candidate.sinceMs < best.sinceMs
  }

  #isOfRegion(waiting: W | undefined): boolean {
    return waiting?.ticket.region === this.#seeker!.ticket.region
  }

  #bucketOf(key: string): Bucket<W> {
    let bucket = this.#byInterest.get(key)
    if (!bucket) this.#byInterest.set(key, (bucket = new Bucket(key, this.#table)))
    return bucket
  }

  #sweep(): void {
    this.#generation = {}
    for (const [key, bucket] of this.#byInterest) {
      if (bucket.size === 0) this.#byInterest.delete(key)
    }
    this.#bucketsAfterSweep = this.#byInterest.size
  }
}

function groupOf<W>(groups: Groups<W>, signature: string, list: List<W>): Group<W> {
  let group = groups.get(signature)
  if (!group) groups.set(signature, (group = new Group(list, signature)))
  return group
}

/** Returns whether these are the buckets of the interests, in the same order. */
function areOf<W>(buckets: readonly Bucket<W>[], interestKeys: readonly string[]): boolean {
  if (buckets.length !== interestKeys.length) return false
  for (let index = 0; index < buckets.length; index++) {
    if (buckets[index]!.key !== interestKeys[index]) return false
  }
  return true
}
