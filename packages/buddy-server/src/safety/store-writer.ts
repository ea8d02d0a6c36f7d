import type { Cancel, Clock } from '../clock.ts'
import type { Store } from './store.ts'
import { StoreError } from './store.ts'

interface StoreWriterDependencies {
  readonly clock: Pick<Clock, 'after'>
  readonly store: Store
  /** Called when the store can no longer be written; once until it can be written again. */
  readonly onFailed: (error: StoreError) => void
  /** Called when everything that could not be written is stored. */
  readonly onRecovered: () => void
  /** Called when a change is dropped, because too many of its kind wait. */
  readonly onDropped: (kind: WriteKind) => void
  /** Receives errors of this server. */
  readonly onError: (error: unknown) => void
}

/** A change of the store. `onStored` is called after the transaction. */
export interface StoreWrite {
  readonly kind: WriteKind
  readonly write: (store: Store) => void
  readonly onStored?: () => void
}

/** The time for which frequent changes are collected, and the wait after a failure. */
const delayMs = 1000
/** The maximum number of changes in one transaction, so that it takes a few milliseconds. */
const maxWrites = 500
/**
 * The maximum number of waiting changes of each kind. Further changes are dropped, so that memory stays
 * bounded while the disk fails. Each kind has its own limit, so that a flood of reports drops no ban and no
 * block. All together take less than 100 MB.
 */
export const maxWaiting = {
  /** Pairs who met. */
  meeting: 50_000,
  /** The number of partners whom a person has met and reported. */
  tally: 50_000,
  /** The last address of a reported person who has left. */
  address: 5000,
  report: 5000,
  /** Reports with a picture of up to 30 kB. */
  picture: 200,
  /** Warnings that were delivered. */
  delivery: 5000,
  /** If one is dropped, the next one deletes the same entries. */
  purge: 1,
  /** The position in the log of several nodes. If one is dropped, a restart reads a little more. */
  position: 1,
  block: 50_000,
  /** Decisions with their bans. {@link Decisions} makes no more, because the audit log must have no gap. */
  decision: 20_000,
} as const

/** The kind of a change. */
export type WriteKind = keyof typeof maxWaiting

/**
 * Writes to the store. If the store fails, for example because the disk is full, keeps the changes in memory
 * and tries again each second. Changes are stored in the order of arrival. If a kind has reached its limit, new
 * changes of this kind are dropped.
 */
export class StoreWriter {
  readonly #dependencies: StoreWriterDependencies
  readonly #waiting: StoreWrite[] = []
  readonly #counts = new Map<WriteKind, number>()
  #cancel: Cancel | undefined
  #hasFailed = false

  constructor(dependencies: StoreWriterDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether a change of this kind would be kept. */
  hasRoom(kind: WriteKind): boolean {
    return (this.#counts.get(kind) ?? 0) < maxWaiting[kind]
  }

  /**
   * Stores changes at once, after all that wait. While the store fails, they wait for the next attempt.
   * @param isDurable whether they must survive a failure of power
   * @returns false if they are not stored yet, or one was dropped
   */
  now(isDurable: boolean, ...changes: readonly StoreWrite[]): boolean {
    const isAdded = changes.map((change) => this.#add(change)).every(Boolean)
    // An attempt takes time, so a flood of reports must not cause an attempt for each report.
    return !this.#hasFailed && this.flush(isDurable) && isAdded
  }

  /**
   * Stores a change within a second.
   * @returns false if too many of its kind wait already, so that this one is dropped
   */
  later(change: StoreWrite): boolean {
    const isAdded = this.#add(change)
    if (isAdded) this.#schedule(delayMs)
    return isAdded
  }

  /**
   * Stores all changes that wait.
   * @returns false if not all could be stored
   */
  flush(isDurable = false): boolean {
    while (this.#waiting.length > 0) if (!this.#writeSome(isDurable)) return false
    return true
  }

  /**
   * Stores the waiting changes, and stops.
   * @returns how many changes could not be stored
   */
  close(): number {
    this.flush(true)
    this.#cancel?.()
    return this.#waiting.length
  }

  #add(change: StoreWrite): boolean {
    const { kind } = change
    if (!this.hasRoom(kind)) {
      this.#dependencies.onDropped(kind)
      return false
    }
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    this.#waiting.push(change)
    return true
  }

  /** Takes the oldest changes out of the queue. */
  #remove(count: number): void {
    for (const { kind } of this.#waiting.splice(0, count)) {
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) - 1)
    }
  }

  #schedule(afterMs: number): void {
    this.#cancel ??= this.#dependencies.clock.after(afterMs, () => {
      this.#cancel = undefined
      const isWritten = this.#writeSome(false)
      // A transaction at a time, so that messages of clients are handled in between.
      if (this.#waiting.length > 0) this.#schedule(isWritten ? 0 : delayMs)
    })
  }

  /** Stores the oldest changes in one transaction. */
  #writeSome(isDurable: boolean): boolean {
    const { store, onFailed, onRecovered, onError } = this.#dependencies
    const some = this.#waiting.slice(0, maxWrites)
    if (some.length === 0) return true
    try {
      store.transact(isDurable, () => {
        for (const { write } of some) write(store)
      })
    } catch (error) {
      if (error instanceof StoreError) {
        if (!this.#hasFailed) onFailed(error)
        this.#hasFailed = true
        this.#schedule(delayMs)
        return false
      }
      // A fault of this server, which would fail each time. The changes are stored one by one, to lose no other.
      onError(error)
      this.#writeOneByOne(some)
      return true
    }
    this.#remove(some.length)
    for (const { onStored } of some) onStored?.()
    if (this.#hasFailed && this.#waiting.length === 0) {
      this.#hasFailed = false
      onRecovered()
    }
    return true
  }

  #writeOneByOne(some: readonly StoreWrite[]): void {
    const { store, onError } = this.#dependencies
    this.#remove(some.length)
    for (const { write, onStored } of some) {
      try {
        store.transact(true, () => write(store))
        onStored?.()
      } catch (error) {
        onError(error)
      }
    }
  }
}
