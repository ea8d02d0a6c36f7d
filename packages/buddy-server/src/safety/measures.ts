import type { BanList } from '../engine/engine.ts'
import { compareBans } from './cursor.ts'
import type { StoredMeasure } from './store.ts'

/** The keys by which a ban recognises a client. */
export interface BanKeys {
  readonly personId: string
  readonly visitorKey: string
  readonly addressHash: string
}

/** Longer than any ban that ends. */
const foreverMs = 100 * 365 * 86_400_000

interface MeasuresDependencies {
  /** The bans of the engine, which other nodes know too. */
  readonly bans: BanList
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
}

/** The measures in force. They are kept in memory too, so that they stay in force if the store fails. */
export class Measures {
  readonly #dependencies: MeasuresDependencies
  readonly #byId = new Map<string, StoredMeasure>()
  /** Measures by person, and bans also by visitor and address. */
  readonly #byKey = new Map<string, Set<StoredMeasure>>()

  constructor(dependencies: MeasuresDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether there is no measure, not even one that has ended. */
  get isEmpty(): boolean {
    return this.#byId.size === 0
  }

  /** Adds a measure. It replaces the one with the same id. */
  add(measure: StoredMeasure): void {
    const former = this.#byId.get(measure.id)
    if (former) this.delete(former)
    this.#byId.set(measure.id, measure)
    for (const key of keysOf(measure)) {
      const known = this.#byKey.get(key) ?? new Set()
      this.#byKey.set(key, known.add(measure))
    }
    if (measure.kind !== 'ban') return
    const { bans } = this.#dependencies
    for (const key of keysOf(measure)) {
      const leftMs = this.#leftMs(measure, key)
      if (leftMs > 0) bans.add(key, leftMs)
    }
  }

  delete(measure: StoredMeasure): void {
    this.#byId.delete(measure.id)
    for (const key of keysOf(measure)) {
      const known = this.#byKey.get(key)
      known?.delete(measure)
      if (known?.size === 0) this.#byKey.delete(key)
      if (measure.kind !== 'ban') continue
      const { bans } = this.#dependencies
      bans.delete(key)
      // Another ban may hold for the same address.
      for (const other of known ?? []) {
        const leftMs = this.#leftMs(other, key)
        if (other.kind === 'ban' && leftMs > 0) bans.add(key, leftMs)
      }
    }
  }

  /** Returns the measure with this id, if it is in force. */
  find(id: string): StoredMeasure | undefined {
    const measure = this.#byId.get(id)
    return measure && this.#isInForce(measure) ? measure : undefined
  }

  /** Returns all measures, also those that have ended. */
  all(): Iterable<StoredMeasure> {
    return this.#byId.values()
  }

  /** Returns the bans in force, latest first. */
  bans(): StoredMeasure[] {
    return [...this.#byId.values()]
      .filter((measure) => measure.kind === 'ban' && this.#isInForce(measure))
      .sort(compareBans)
  }

  /** Returns the measures of a kind in force against a person. */
  of(personId: string, ...kinds: readonly StoredMeasure['kind'][]): StoredMeasure[] {
    return [...(this.#byKey.get(personId) ?? [])].filter(
      (measure) =>
        measure.personId === personId && kinds.includes(measure.kind) && this.#isInForce(measure),
    )
  }

  /** Returns the ban that refuses a client; undefined if there is none. */
  findBan({ personId, visitorKey, addressHash }: BanKeys): StoredMeasure | undefined {
    for (const key of [personId, visitorKey, addressHash]) {
      for (const measure of this.#byKey.get(key) ?? []) {
        if (measure.kind === 'ban' && this.#leftMs(measure, key) > 0) return measure
      }
    }
    return undefined
  }

  /**
   * Drops measures that have ended, and warnings from before this time.
   * @returns their ids
   */
  purge(warningsBeforeMs: number): string[] {
    const ids: string[] = []
    for (const measure of this.#byId.values()) {
      const isOld = measure.kind === 'warning' && measure.atMs < warningsBeforeMs
      if (!isOld && this.#isInForce(measure)) continue
      this.delete(measure)
      ids.push(measure.id)
    }
    return ids
  }

  #isInForce(measure: StoredMeasure): boolean {
    return this.#leftMs(measure, measure.personId) > 0
  }

  /** Returns how long a measure still holds for a key. */
  #leftMs({ personId, visitorKey, untilMs, addressUntilMs }: StoredMeasure, key: string): number {
    const isAddress = key !== personId && key !== visitorKey
    const nowMs = this.#dependencies.wallNow()
    const endsAtMs = Math.min(untilMs ?? Infinity, isAddress ? (addressUntilMs ?? 0) : Infinity)
    return endsAtMs === Infinity ? foreverMs : endsAtMs - nowMs
  }
}

function keysOf({ kind, personId, visitorKey, addressHash }: StoredMeasure): Set<string> {
  if (kind !== 'ban') return new Set([personId])
  return new Set([personId, visitorKey, ...(addressHash === null ? [] : [addressHash])])
}
