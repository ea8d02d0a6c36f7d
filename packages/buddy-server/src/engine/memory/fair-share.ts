// How much of a lobby one address or one identity may have. A program with many sessions that presses Next at
// once would otherwise be matched with almost every stranger, because it is always in the queue.

/** After this time a match counts half. */
const halfLifeMs = 60_000

/** A number of matches that loses half of its value in each {@link halfLifeMs}. */
class DecayingCount {
  #value = 0
  #atMs = 0

  at(nowMs: number): number {
    return this.#value * 2 ** ((this.#atMs - nowMs) / halfLifeMs)
  }

  add(nowMs: number): void {
    this.#value = this.at(nowMs) + 1
    this.#atMs = nowMs
  }

  /** Matches per minute, if they come at a steady rate. */
  perMinuteAt(nowMs: number): number {
    return (this.at(nowMs) * Math.LN2 * 60_000) / halfLifeMs
  }
}

/** One key in one pool: an address or an identity, and the tickets that have it. */
export class FairKey<W> {
  readonly key: string
  readonly matches = new DecayingCount()
  /** The waiting tickets with this key that are not released, the one that entered first comes first. */
  readonly waiting = new Set<W>()
  /** The waiting tickets that can be matched with anybody again, although the key is still parked. */
  released: Set<W> | undefined
  /** Whether its tickets are matched only with each other, because the key has had more than its share. */
  isParked = false

  constructor(key: string) {
    this.key = key
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
  readonly #all = new DecayingCount()
  #sizeAfterSweep = 0

  constructor(limits: () => FairLimits) {
    this.#limits = limits
  }

  get isOn(): boolean {
    return this.#limits().sharePercent < 100
  }

  /** Returns the key of this name. */
  keyOf(name: string, nowMs: number): FairKey<W> {
    let key = this.#keys.get(name)
    if (!key) {
      if (this.#keys.size > minNewKeys + 2 * this.#sizeAfterSweep) this.#sweep(nowMs)
      this.#keys.set(name, (key = new FairKey(name)))
    }
    return key
  }

  /** Records a match between tickets with these keys. */
  handleMatch(one: readonly FairKey<W>[], other: readonly FairKey<W>[], nowMs: number): void {
    if (one.some((key) => other.includes(key))) return
    this.#all.add(nowMs)
    for (const key of one) key.matches.add(nowMs)
    for (const key of other) key.matches.add(nowMs)
  }

  /** Whether the key has had more than its share. */
  isOver({ matches }: FairKey<W>, nowMs: number): boolean {
    const { matchesPerMinute, sharePercent } = this.#limits()
    return (
      sharePercent < 100 &&
      matches.perMinuteAt(nowMs) > matchesPerMinute &&
      matches.at(nowMs) * 100 > this.#all.at(nowMs) * sharePercent
    )
  }

  #sweep(nowMs: number): void {
    for (const [name, { waiting, isParked, matches }] of this.#keys) {
      // A key that is not parked has no released tickets.
      if (waiting.size === 0 && !isParked && matches.at(nowMs) < forgettableMatches) {
        this.#keys.delete(name)
      }
    }
    this.#sizeAfterSweep = this.#keys.size
  }
}
