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
  /** Receives errors of this server. */
  readonly onError: (error: unknown) => void
}

/** A change of the store. `onStored` is called after the transaction. */
export interface StoreWrite {
  readonly write: (store: Store) => void
  readonly onStored?: () => void
}

/** How long frequent changes are collected, and how long the writer waits after a failure. */
const delayMs = 1000
/** How many changes one transaction has, so that it takes a few milliseconds. */
const maxWrites = 500
/** How many frequent changes wait while the store cannot be written. Further ones are dropped. */
const maxWaiting = 10_000

/**
 * Writes to the store. If the store fails, for example because the disk is full, keeps the changes in memory
 * and tries again each second. Changes are stored in the order in which they came.
 */
export class StoreWriter {
  readonly #dependencies: StoreWriterDependencies
  readonly #waiting: StoreWrite[] = []
  #cancel: Cancel | undefined
  #hasFailed = false

  constructor(dependencies: StoreWriterDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Stores a change at once, after all that wait.
   * @param isDurable whether it must survive a failure of power
   * @returns false if it could not be stored yet
   */
  now(isDurable: boolean, change: StoreWrite): boolean {
    this.#waiting.push(change)
    return this.flush(isDurable)
  }

  /**
   * Stores a change within a second.
   * @returns false if too many wait already, so that this one is dropped
   */
  later(change: StoreWrite): boolean {
    if (this.#hasFailed && this.#waiting.length >= maxWaiting) return false
    this.#waiting.push(change)
    this.#schedule(delayMs)
    return true
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
   * Stores what waits, and stops.
   * @returns how many changes could not be stored
   */
  close(): number {
    this.flush(true)
    this.#cancel?.()
    return this.#waiting.length
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
    this.#waiting.splice(0, some.length)
    for (const { onStored } of some) onStored?.()
    if (this.#hasFailed && this.#waiting.length === 0) {
      this.#hasFailed = false
      onRecovered()
    }
    return true
  }

  #writeOneByOne(some: readonly StoreWrite[]): void {
    const { store, onError } = this.#dependencies
    this.#waiting.splice(0, some.length)
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
