// How much of a lobby one address or one identity may have. A program with many sessions that presses Next at
// once would otherwise be matched with almost every stranger, because it is always in the queue.

/** After this time a match counts half. */
const halfLifeMs = 60_000

/** Numbers of matches, each of which loses half of its value in each {@link halfLifeMs}. */
class DecayingCounts {
  /** The value after the latest addition, and when that was. In one array, because searches read few of many. */
  #cells = new Float64Array(16)
  readonly #freed: number[] = []
  #end = 0

  /** Returns the number of a new count. */
  create(): number {
    const number = this.#freed.pop() ?? this.#end++
    if (number * 2 >= this.#cells.length) {
      const cells = new Float64Array(number * 4)
      cells.set(this.#cells)
      this.#cells = cells
    }
    return number
  }

  delete(number: number): void {
    this.#cells[number * 2] = 0
    this.#freed.push(number)
  }

  /** The value without the loss since the latest addition, so the true one is at most this. */
  boundOf(number: number): number {
    return this.#cells[number * 2]!
  }

  at(number: number, nowMs: number): number {
    const value = this.#cells[number * 2]!
    const atMs = this.#cells[number * 2 + 1]!
    return atMs === nowMs ? value : value * 2 ** ((atMs - nowMs) / halfLifeMs)
  }

  add(number: number, nowMs: number): void {
    this.#cells[number * 2] = this.at(number, nowMs) + 1
    this.#cells[number * 2 + 1] = nowMs
  }
}

/** Matches per minute of a steady rate that leads to this count. */
const perMinute = (count: number): number => (count * Math.LN2 * 60_000) / halfLifeMs

/** One key in one pool: an address or an identity, and the tickets that have it. */
export class FairKey<W> {
  readonly key: string
  /** The number of the count of its matches. */
  readonly count: number
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

  /** Returns the keys of these names. */
  keysOf(names: readonly string[], nowMs: number): readonly FairKey<W>[] {
    if (this.#keys.size > minNewKeys + 2 * this.#sizeAfterSweep) this.#sweep(nowMs)
    return names.map((name) => this.#keyOf(name))
  }

  /** Records a match between tickets with these keys. */
  handleMatch(one: readonly FairKey<W>[], other: readonly FairKey<W>[], nowMs: number): void {
    for (const key of one) if (other.includes(key)) return
    const counts = this.#counts
    counts.add(this.#all, nowMs)
    for (const { count } of one) counts.add(count, nowMs)
    for (const { count } of other) counts.add(count, nowMs)
  }

  /** Whether the key has had more than its share. */
  isOver(key: FairKey<W>, nowMs: number): boolean {
    const { matchesPerMinute, sharePercent } = this.#limits()
    if (sharePercent >= 100 || perMinute(this.#counts.boundOf(key.count)) <= matchesPerMinute) {
      return false
    }
    const count = this.#counts.at(key.count, nowMs)
    const all = this.#counts.at(this.#all, nowMs)
    return perMinute(count) > matchesPerMinute && count * 100 > all * sharePercent
  }

  #keyOf(name: string): FairKey<W> {
    let key = this.#keys.get(name)
    if (!key) this.#keys.set(name, (key = new FairKey(name, this.#counts.create())))
    return key
  }

  #sweep(nowMs: number): void {
    for (const [name, key] of this.#keys) {
      // A key that is not parked has no released tickets.
      if (key.first || key.isParked) continue
      if (this.#counts.at(key.count, nowMs) >= forgettableMatches) continue
      this.#counts.delete(key.count)
      this.#keys.delete(name)
    }
    this.#sizeAfterSweep = this.#keys.size
  }
}
