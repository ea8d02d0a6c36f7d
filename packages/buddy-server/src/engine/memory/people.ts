import type { Clock } from '../../clock.ts'
import type { EngineObserver, PairKind } from '../engine.ts'

/** What the engine knows of a person, who may have several sessions. */
export class Person {
  readonly key: string
  sessions = 0
  /** The pairs with people whom this person has met or may not meet; undefined if there are none. */
  pairs: Map<Person, Pair> | undefined
  /** The pairs that this person remembers as recent partners, the latest last. */
  met: Pair[] = []
  /** The pool of each session of this person that is in the queue or in a room. Most people have one session. */
  #place: object | undefined
  #more: object[] | undefined

  constructor(key: string) {
    this.key = key
  }

  /** Whether a session of this person is in the queue or in a room of the pool. */
  isIn(pool: object): boolean {
    return this.#place === pool || (this.#more?.includes(pool) ?? false)
  }

  /** Call this when a session of this person enters the queue of the pool. */
  enter(pool: object): void {
    if (this.#place) (this.#more ??= []).push(pool)
    else this.#place = pool
  }

  /**
   * Call this when a session of this person has left the queue without a match, or its room.
   * @returns whether the person had a session in the pool
   */
  exit(pool: object): boolean {
    const more = this.#more
    if (this.#place === pool) {
      this.#place = more?.pop()
      return true
    }
    const index = more?.indexOf(pool) ?? -1
    if (index < 0) return false
    more!.splice(index, 1)
    return true
  }
}

/** Two people who have met recently, or of whom one has blocked the other. */
export interface Pair {
  readonly one: Person
  readonly other: Person
  /** When they last met, on the engine's clock. */
  metAtMs: number
  /** How many of the two remember each other as recent partners. */
  holds: number
  /** Until when one has blocked the other, on the engine's clock. */
  blockedUntilMs: number
}

/** What stands between two people. */
export type Relation = 'blocked' | 'recent'

interface PeopleDependencies {
  readonly clock: Pick<Clock, 'now'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  /** Returns how long two people who have met avoid each other, in milliseconds. */
  readonly avoidMs: () => number
  /** Returns how many recent partners a person remembers. */
  readonly avoidCount: () => number
  /** Returns how long a block lasts, in milliseconds. */
  readonly blockMs: () => number
  readonly onPair: EngineObserver['onPair']
}

/** Maximum numbers of pairs. If there are more, the oldest is forgotten. */
const maxMetPairs = 500_000
const maxBlockedPairs = 500_000
/**
 * A person whom more pairs than this concern meets no recent partner again before the pair expires. Without a
 * bound, one search could visit as many pairs as others have made by blocking that person.
 */
const maxComparedPairs = 1000

/**
 * Who has met whom recently, and who may never meet. Two people avoid each other if **one** of the two
 * remembers the other, so that nobody can make a victim forget by meeting many others. All of it expires, and
 * its memory is bounded.
 */
export class People {
  readonly #dependencies: PeopleDependencies
  readonly #people = new Map<string, Person>()
  /** The pairs that somebody remembers, the one that met first comes first. */
  readonly #met = new Set<Pair>()
  readonly #blocked = new Set<Pair>()

  constructor(dependencies: PeopleDependencies) {
    this.#dependencies = dependencies
  }

  /** The number of people that are known. */
  get size(): number {
    return this.#people.size
  }

  /** Returns the person with this key, for one more session. */
  join(key: string): Person {
    const person = this.#find(key)
    person.sessions++
    return person
  }

  /** Call this when a session of the person has ended. */
  leave(person: Person): void {
    person.sessions--
    this.#forgetIfUnknown(person)
  }

  /** Records that two people are or were in a room. */
  meet(one: Person, otherKey: string): void {
    const other = this.#find(otherKey)
    if (one === other) return
    const { clock, wallNow, avoidMs, onPair } = this.#dependencies
    if (avoidMs() > 0) this.#remember(one, other, clock.now())
    this.#forgetIfUnknown(other)
    if (avoidMs() === 0) return
    onPair('met', one.key, other.key, wallNow() + avoidMs())
  }

  /** Two people never meet again, because one of them has blocked or reported the other. */
  block(one: Person, otherKey: string): void {
    const other = this.#find(otherKey)
    if (one === other) return
    const { clock, wallNow, blockMs, onPair } = this.#dependencies
    this.#block(one, other, clock.now() + blockMs())
    onPair('blocked', one.key, other.key, wallNow() + blockMs())
  }

  /** Restores a pair of an earlier process. */
  restore(kind: PairKind, oneKey: string, otherKey: string, untilMs: number): void {
    const { clock, wallNow, avoidMs } = this.#dependencies
    const leftMs = untilMs - wallNow()
    if (leftMs <= 0 || oneKey === otherKey) return
    const [one, other] = [this.#find(oneKey), this.#find(otherKey)]
    if (kind === 'blocked') this.#block(one, other, clock.now() + leftMs)
    else this.#remember(one, other, clock.now() + Math.min(leftMs, avoidMs()) - avoidMs())
    this.#forgetIfUnknown(one)
    this.#forgetIfUnknown(other)
  }

  /** Returns what stands between two people; undefined if they may meet. */
  relationOf(one: Person, other: Person): Relation | undefined {
    const pair = one.pairs?.get(other)
    return pair && this.#relationIn(pair)
  }

  /** Returns when two recent partners may meet again, on the engine's clock. */
  avoidsUntilMs(one: Person, other: Person): number {
    const pair = one.pairs?.get(other)
    return pair ? pair.metAtMs + this.#dependencies.avoidMs() : -Infinity
  }

  /**
   * Returns whether everybody else in the pool is somebody whom this person avoids.
   * @param peopleCount the number of different people in the pool
   */
  avoidsAll(person: Person, pool: object, peopleCount: number): boolean {
    const others = peopleCount - Number(person.isIn(pool))
    const pairCount = person.pairs?.size ?? 0
    if (others > pairCount || pairCount > maxComparedPairs) return false
    let avoided = 0
    for (const [other, pair] of person.pairs ?? []) {
      if (other.isIn(pool) && this.#relationIn(pair)) avoided++
    }
    return avoided >= others
  }

  #relationIn({ blockedUntilMs, metAtMs, holds }: Pair): Relation | undefined {
    const { clock, avoidMs } = this.#dependencies
    const now = clock.now()
    if (blockedUntilMs > now) return 'blocked'
    return holds > 0 && metAtMs + avoidMs() > now ? 'recent' : undefined
  }

  #remember(one: Person, other: Person, metAtMs: number): void {
    const pair = this.#pairOf(one, other)
    pair.metAtMs = Math.max(pair.metAtMs, metAtMs)
    this.#met.delete(pair)
    this.#met.add(pair)
    for (const person of [one, other]) {
      const known = person.met.indexOf(pair)
      if (known >= 0) person.met.splice(known, 1)
      else pair.holds++
      person.met.push(pair)
      const maxCount = Math.max(1, this.#dependencies.avoidCount())
      while (person.met.length > maxCount) this.#release(person.met.shift()!)
    }
    this.#dropOldest()
  }

  #block(one: Person, other: Person, untilMs: number): void {
    const pair = this.#pairOf(one, other)
    pair.blockedUntilMs = Math.max(pair.blockedUntilMs, untilMs)
    this.#blocked.delete(pair)
    this.#blocked.add(pair)
    this.#dropOldest()
  }

  /** Drops the oldest pairs, if they have expired or there are too many. */
  #dropOldest(): void {
    const { clock, avoidMs } = this.#dependencies
    const now = clock.now()
    for (const pair of this.#met) {
      if (this.#met.size <= maxMetPairs && pair.metAtMs + avoidMs() > now) break
      for (const person of [pair.one, pair.other]) {
        const index = person.met.indexOf(pair)
        if (index >= 0) person.met.splice(index, 1)
      }
      pair.holds = 1
      this.#release(pair)
    }
    for (const pair of this.#blocked) {
      if (this.#blocked.size <= maxBlockedPairs && pair.blockedUntilMs > now) break
      this.#blocked.delete(pair)
      pair.blockedUntilMs = -Infinity
      this.#forgetIfOver(pair)
    }
  }

  #release(pair: Pair): void {
    pair.holds--
    if (pair.holds > 0) return
    this.#met.delete(pair)
    this.#forgetIfOver(pair)
  }

  #forgetIfOver(pair: Pair): void {
    if (pair.holds > 0 || this.#blocked.has(pair)) return
    const { one, other } = pair
    for (const [person, partner] of [
      [one, other],
      [other, one],
    ] as const) {
      person.pairs?.delete(partner)
      if (person.pairs?.size === 0) person.pairs = undefined
      this.#forgetIfUnknown(person)
    }
  }

  #pairOf(one: Person, other: Person): Pair {
    const known = one.pairs?.get(other)
    if (known) return known
    const pair = { one, other, metAtMs: -Infinity, holds: 0, blockedUntilMs: -Infinity }
    one.pairs ??= new Map()
    other.pairs ??= new Map()
    one.pairs.set(other, pair)
    other.pairs.set(one, pair)
    return pair
  }

  #find(key: string): Person {
    let person = this.#people.get(key)
    if (!person) this.#people.set(key, (person = new Person(key)))
    return person
  }

  #forgetIfUnknown(person: Person): void {
    if (person.sessions === 0 && !person.pairs) this.#people.delete(person.key)
  }
}
