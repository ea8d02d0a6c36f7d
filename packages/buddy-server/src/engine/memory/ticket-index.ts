import { satisfies } from '../may-meet.ts'
import type { Ticket } from '../ticket.ts'
import { firstOwnNumber, LinkTable } from './chain.ts'
import type { BucketMemo } from './interest-buckets.ts'
import { InterestBuckets } from './interest-buckets.ts'
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

// What a search must know of a ticket is in the numbers of its slot, which are beside each other in the memory: the
// number of the latest search that has seen it, whether that search could choose it, its region (positive if it is
// free in regions, and otherwise negative), and its interests.
const seenByAt = firstOwnNumber
const isChoiceAt = firstOwnNumber + 1
const regionAt = firstOwnNumber + 2
const countAt = firstOwnNumber + 3
const interestsAt = firstOwnNumber + 4
/** So many interests of a ticket are compared. Clients may not state more. */
const maxInterests = 10
const ownNumbers = interestsAt - firstOwnNumber + maxInterests
/** The numbers of searches begin again after this one, so that they fit. */
const lastSearch = 2 ** 31 - 1

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
  readonly #table = new LinkTable<W>(ownNumbers)
  readonly #interests = new InterestBuckets<W>(this.#table)
  /** The tickets that are free in interests. */
  readonly #free = new Bucket<W>('', 0, this.#table)
  /** The numbers of regions; 1 means none. There are few. */
  readonly #regions = new Map<string, number>()
  #search = 0
  #seeker: W | undefined
  #accepts: (seeker: W, candidate: W) => boolean = () => false
  /** The region of the seeker, as in the numbers of a slot. */
  #region = 0
  /** The slot of the best partner until now; 0 if there is none. */
  #best = 0
  #bestOverlap = 0
  #comparedCount = 0

  /** Finds the buckets of the ticket's interests. Call this before the ticket searches or is added. */
  prepare(waiting: W): void {
    waiting.buckets = this.#interests.find(waiting.ticket.interestKeys, waiting.memo)
  }

  /** Adds a ticket to the lists of its interests and languages. It must be prepared, and not in an index. */
  add(waiting: W): void {
    const table = this.#table
    const { buckets } = waiting
    waiting.slot = table.claim(waiting, waiting.sinceMs)
    const { numbers } = table
    const first = waiting.slot * table.numbersPerSlot
    const count = Math.min(buckets.length, maxInterests)
    numbers[first + seenByAt] = 0
    numbers[first + regionAt] = this.#regionOf(waiting)
    numbers[first + countAt] = count
    for (let index = 0; index < count; index++) {
      numbers[first + interestsAt + index] = buckets[index]!.number
    }
    for (const bucket of buckets) this.#addTo(bucket, waiting)
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
    if (this.#search === lastSearch) this.#forgetSearches()
    this.#search++
    this.#seeker = seeker
    this.#accepts = accepts
    this.#region = this.#regionOf(seeker)
    this.#best = 0
    this.#comparedCount = 0
    const { buckets } = seeker
    const { searchedBy } = this.#interests
    for (const { number } of buckets) searchedBy[number] = this.#search
    // With one interest all tickets of its bucket are equal, and the first is the best.
    const maxChoices = buckets.length > 1 ? maxCompared : 1
    for (const bucket of buckets) this.#visitBucket(bucket, maxChoices)
    // Those of the free tickets that have a common interest were found before.
    if (seeker.isFreeInInterests) this.#visitBucket(this.#free, 1)
    this.#seeker = undefined
    return this.#best === 0 ? undefined : this.#table.items[this.#best]
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
    const table = this.#table
    const { numbers, numbersPerSlot } = table
    let choices = 0
    let skipped = 0
    for (let link = group.first(); link !== 0; link = group.after(link)) {
      const slot = table.slotOf(link)
      const first = slot * numbersPerSlot
      if (numbers[first + seenByAt] !== this.#search) {
        numbers[first + seenByAt] = this.#search
        numbers[first + isChoiceAt] = Number(this.#consider(slot))
      }
      if (numbers[first + isChoiceAt] === 1) {
        choices++
        // All nodes of one process have one region, so the best is of the own region in all but tests.
        if (choices >= maxChoices && this.#isOfRegion(this.#best)) return
        if (choices === maxSkipped || this.#comparedCount >= maxComparedInAll) return
      } else if (++skipped === maxSkipped) return
    }
  }

  /**
   * Remembers the ticket of a slot, if it is acceptable and better than those before. Whether the two people may
   * meet is looked up only then.
   * @returns false if it is not acceptable
   */
  #consider(slot: number): boolean {
    if (slot === this.#seeker!.slot) return false
    const table = this.#table
    const { numbers } = table
    const first = slot * table.numbersPerSlot
    const region = numbers[first + regionAt]!
    // Of two tickets, both must be free in regions, or be of the same one.
    if (region !== this.#region && region !== -this.#region && (region < 0 || this.#region < 0)) {
      return false
    }
    const { searchedBy } = this.#interests
    const end = first + interestsAt + numbers[first + countAt]!
    let overlap = 0
    for (let at = first + interestsAt; at < end; at++) {
      if (searchedBy[numbers[at]!] === this.#search) overlap++
    }
    const isBetter =
      this.#best === 0 ||
      overlap > this.#bestOverlap ||
      (overlap === this.#bestOverlap && this.#isPreferred(slot))
    if (isBetter) {
      if (!this.#accepts(this.#seeker!, table.items[slot]!)) return false
      this.#best = slot
      this.#bestOverlap = overlap
    }
    this.#comparedCount++
    return true
  }

  /** Whether the ticket of a slot is better than the best until now, which shares as many interests. */
  #isPreferred(slot: number): boolean {
    const isOfRegion = this.#isOfRegion(slot)
    if (isOfRegion !== this.#isOfRegion(this.#best)) return isOfRegion
    return this.#table.rankIn(slot) < this.#table.rankIn(this.#best)
  }

  #isOfRegion(slot: number): boolean {
    const { numbers, numbersPerSlot } = this.#table
    return Math.abs(numbers[slot * numbersPerSlot + regionAt]!) === Math.abs(this.#region)
  }

  #regionOf({ ticket: { region }, isFreeInRegions }: W): number {
    let number = 1
    if (region !== '') {
      number = this.#regions.get(region) ?? this.#regions.size + 2
      this.#regions.set(region, number)
    }
    return isFreeInRegions ? number : -number
  }

  /** Begins to count the searches again. */
  #forgetSearches(): void {
    const { numbers, numbersPerSlot } = this.#table
    this.#search = 0
    this.#interests.searchedBy.fill(0)
    for (let at = seenByAt; at < numbers.length; at += numbersPerSlot) numbers[at] = 0
  }
}

function groupOf<W>(groups: Groups<W>, signature: string, list: List<W>): Group<W> {
  let group = groups.get(signature)
  if (!group) groups.set(signature, (group = new Group(list, signature)))
  return group
}
