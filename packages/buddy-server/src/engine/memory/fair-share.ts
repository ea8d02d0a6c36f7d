// How much of a lobby one address or one identity may have. A program with many sessions that presses Next at
// once would otherwise be matched with almost every stranger, because it is always in the queue.

/** After this time a match counts half. */
const halfLifeMs = 60_000

/** Times are rounded down to a multiple of this, so that few powers must be computed. It changes a count by 0.04 %. */
const stepMs = 32
/** After so many half-lives all counts are stated in a new unit, before the unit becomes too small for a number. */
const maxHalfLives = 500

/**
 * Numbers of matches, each of which loses half of its value in each {@link halfLifeMs}. Not the counts change with
 * time, but the unit in which a match is stated: a match counts twice as much as one that was a half-life earlier.
 */
class DecayingCounts {
  /** The counts, in one array, because matches read few of many. */
  #cells = new Float64Array(16)
  readonly #freed: number[] = []
  #end = 0
  /** The time at which one match is stated as 1. */
  #baseMs = 0
  #step = 0
  /** How a match of the present step is stated. */
  #unit = 1

  /** Returns the number of a new count. */
  create(): number {
    const number = this.#freed.pop() ?? this.#end++
    if (number === this.#cells.length) {
      const cells = new Float64Array(number * 2)
      cells.set(this.#cells)
      this.#cells = cells
    }
    return number
  }

  delete(number: number): void {
    this.#cells[number] = 0
    this.#freed.push(number)
  }

  /** Returns how a match of this time is stated. */
  unitAt(nowMs: number): number {
    const step = Math.floor((nowMs - this.#baseMs) / stepMs)
    if (step === this.#step) return this.#unit
    const halfLives = (step * stepMs) / halfLifeMs
    if (halfLives > maxHalfLives) {
      const cells = this.#cells
      for (let number = 0; number < this.#end; number++) cells[number]! *= 2 ** -halfLives
      this.#baseMs += step * stepMs
      this.#step = 0
      this.#unit = 1
    } else {
      this.#step = step
      this.#unit = 2 ** halfLives
    }
    return this.#unit
  }

  /** Returns the count, in the unit of `unitAt`. */
  statedOf(number: number): number {
    return this.#cells[number]!
  }

  /** Adds one match, which is stated as `unit`. */
  add(number: number, unit: number): void {
    this.#cells[number]! += unit
  }
}

/** Matches per minute of a steady rate that leads to this count. */
const perMinute = (count: number): number => (count * Math.LN2 * 60_000) / halfLifeMs

/** One key in one pool: an address or an identity, and the tickets that have it. */
export class FairKey<W> {
  readonly key: string
  /** The number of the count of its matches. */
  readonly count: number
  /** Whether the key was removed, because it was not in use. Another object may have its name now. */
  isRemoved = false
  /** The waiting tickets that can be matched with anybody again, although the key is still parked. */
  released: Set<W> | undefined
  /** Whether its tickets are matched only with each other, because the key has had more than its share. */
  isParked = false
  /** The waiting tickets that are not released. Most keys have one, which needs no set. */
  #only: W | undefined
  #waiting: Set<W> | undefined

  constructor(key: string, count: number) {
    this.key = key
    this.count = count
  }

  /** The waiting ticket that is not released and was added first; undefined if there is none. */
  get first(): W | undefined {
    if (!this.#waiting) return this.#only
    for (const waiting of this.#waiting) return waiting
    return undefined
  }

  /** Adds a waiting ticket that is not released. */
  add(waiting: W): void {
    if (this.#waiting) this.#waiting.add(waiting)
    else if (this.#only === undefined || this.#only === waiting) this.#only = waiting
    else {
      this.#waiting = new Set([this.#only, waiting])
      this.#only = undefined
    }
  }

  /** Removes a ticket, whether it is released or not. */
  delete(waiting: W): void {
    if (this.#only === waiting) this.#only = undefined
    else if (this.#waiting?.delete(waiting) && this.#waiting.size === 0) this.#waiting = undefined
    this.released?.delete(waiting)
  }

  /** Makes a waiting ticket a released one. */
  release(waiting: W): void {
    this.delete(waiting)
    this.released ??= new Set()
    this.released.add(waiting)
  }

  /** Makes all released tickets waiting ones that are not released. */
  unrelease(): readonly W[] {
    const again = [...(this.released ?? [])]
    this.released = undefined
    for (const waiting of again) this.add(waiting)
    return again
  }

  /** Calls the function with each waiting ticket that is not released. */
  forEach(visit: (waiting: W) => void): void {
    if (this.#waiting) for (const waiting of this.#waiting) visit(waiting)
    else if (this.#only !== undefined) visit(this.#only)
  }
}

/** The limits of a key. */
export interface FairLimits {
  /** The number of matches a minute that every key may have. */
  readonly matchesPerMinute: number
  /** The share of all matches that a key may have beyond that number, in percent. 100 switches the limits off. */
  readonly sharePercent: number
}

/** Keys that are no longer in use are removed together when there are more than this number of new ones. */
const minNewKeys = 256
/** A count below this is forgotten. */
const forgettableMatches = 0.1

/**
 * The shares of all keys in one pool. Only matches between users without a common key count. So users behind
 * one address can meet each other as often as they like, and cannot make the whole larger by that.
 */
export class FairShare<W> {
  readonly #limits: () => FairLimits
  readonly #keys = new Map<string, FairKey<W>>()
  readonly #counts = new DecayingCounts()
  /** The number of the count of all matches. */
  readonly #all = this.#counts.create()
  #sizeAfterSweep = 0

  constructor(limits: () => FairLimits) {
    this.#limits = limits
  }

  get isOn(): boolean {
    return this.#limits().sharePercent < 100
  }

  /**
   * Returns the keys of these names.
   * @param known what it returned for the same names before, if it did
   */
  keysOf(
    names: readonly string[],
    nowMs: number,
    known: readonly FairKey<W>[] | undefined,
  ): readonly FairKey<W>[] {
    if (known && !hasRemoved(known)) return known
    if (this.#keys.size > minNewKeys + 2 * this.#sizeAfterSweep) this.#sweep(nowMs)
    return names.map((name) => this.#keyOf(name))
  }

  /** Records a match between tickets with these keys. */
  handleMatch(one: readonly FairKey<W>[], other: readonly FairKey<W>[], nowMs: number): void {
    for (const key of one) if (other.includes(key)) return
    const counts = this.#counts
    const unit = counts.unitAt(nowMs)
    counts.add(this.#all, unit)
    for (const { count } of one) counts.add(count, unit)
    for (const { count } of other) counts.add(count, unit)
  }

  /** Whether the key has had more than its share. */
  isOver(key: FairKey<W>, nowMs: number): boolean {
    const { matchesPerMinute, sharePercent } = this.#limits()
    const counts = this.#counts
    const stated = counts.statedOf(key.count)
    return (
      sharePercent < 100 &&
      stated * 100 > counts.statedOf(this.#all) * sharePercent &&
      perMinute(stated / counts.unitAt(nowMs)) > matchesPerMinute
    )
  }

  #keyOf(name: string): FairKey<W> {
    let key = this.#keys.get(name)
    if (!key) this.#keys.set(name, (key = new FairKey(name, this.#counts.create())))
    return key
  }

  #sweep(nowMs: number): void {
    const forgettable = forgettableMatches * this.#counts.unitAt(nowMs)
    for (const [name, key] of this.#keys) {
      // A key that is not parked has no released tickets.
      if (key.first || key.isParked) continue
      if (this.#counts.statedOf(key.count) >= forgettable) continue
      this.#counts.delete(key.count)
      this.#keys.delete(name)
      key.isRemoved = true
    }
    this.#sizeAfterSweep = this.#keys.size
  }
}

function hasRemoved(keys: readonly { readonly isRemoved: boolean }[]): boolean {
  for (const key of keys) if (key.isRemoved) return true
  return false
}
