import type { Clock } from '../clock.ts'
import { StoreError } from './store.ts'

interface StoreHealthDependencies {
  readonly clock: Pick<Clock, 'now'>
  /** Called when the store has failed, once until {@link onRecovered}. */
  readonly onFailed: (error: StoreError) => void
  /** Called when the store can be read and written again, and everything that was kept in memory is stored. */
  readonly onRecovered: () => void
  /** Receives errors of this server. */
  readonly onError: (error: unknown) => void
}

/**
 * The time without a failed read after which the store counts as readable again. If one page of a file is
 * damaged, only some reads fail, and the operator must not receive an event for each of them.
 */
const quietMs = 60_000

/** Knows whether a store works, and emits one event for each change of that. */
export class StoreHealth {
  readonly #dependencies: StoreHealthDependencies
  #isWriteFailing = false
  /** When a reading failed last; undefined if the store is readable. */
  #readFailedAtMs: number | undefined

  constructor(dependencies: StoreHealthDependencies) {
    this.#dependencies = dependencies
  }

  /** Returns what `read` returns, or `fallback` if the store cannot be read. */
  read<T>(fallback: T, read: () => T): T {
    const { clock, onError } = this.#dependencies
    try {
      const result = read()
      const failedAtMs = this.#readFailedAtMs
      if (failedAtMs !== undefined && clock.now() - failedAtMs >= quietMs) {
        this.#change(() => (this.#readFailedAtMs = undefined))
      }
      return result
    } catch (error) {
      if (error instanceof StoreError) {
        this.#change(() => (this.#readFailedAtMs = clock.now()), error)
      } else onError(error)
      return fallback
    }
  }

  /** Call this when the store could not be written. */
  handleWriteFailed(error: StoreError): void {
    this.#change(() => (this.#isWriteFailing = true), error)
  }

  /** Call this when everything that could not be written is stored. */
  handleWriteRecovered(): void {
    this.#change(() => (this.#isWriteFailing = false))
  }

  get #isFailing(): boolean {
    return this.#isWriteFailing || this.#readFailedAtMs !== undefined
  }

  #change(apply: () => void, error?: StoreError): void {
    const wasFailing = this.#isFailing
    apply()
    if (wasFailing === this.#isFailing) return
    if (error) this.#dependencies.onFailed(error)
    else this.#dependencies.onRecovered()
  }
}
