import type { Clock } from '../../clock.ts'
import type { DueQueue } from './due-queue.ts'
import type { Pool } from './pool.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** The least time between two searches for all tickets that are held in a pool. */
const heldIntervalMs = 100

interface HoldingDependencies<W> {
  readonly clock: Pick<Clock, 'now'>
  readonly due: DueQueue
  /** Searches again for a ticket that is in the queue. */
  readonly onSearch: (waiting: W) => void
  /** Called when another ticket is held than the one that has searched. */
  readonly onHeld: (waiting: W) => void
}

/**
 * The tickets that would have been matched, if their people did not avoid each other. They search again when the
 * rematch delay or the time of avoidance is over, when somebody leaves the pool, and when their clients are told
 * again.
 */
export class Holding<T extends Entrant> {
  readonly #dependencies: HoldingDependencies<Waiting<T>>

  constructor(dependencies: HoldingDependencies<Waiting<T>>) {
    this.#dependencies = dependencies
  }

  /** Notes that a queued ticket has skipped others only because of what the people know of each other. */
  hold(waiting: Waiting<T>, skipped: readonly Waiting<T>[]): void {
    const { held } = waiting.pool
    waiting.isHeld = true
    held.add(waiting)
    for (const other of skipped) {
      held.add(other)
      if (other.isHeld) continue
      other.isHeld = true
      this.#dependencies.onHeld(other)
    }
  }

  /** Call this when a ticket searches again or leaves the queue. */
  release(waiting: Waiting<T>): void {
    if (waiting.isHeld) waiting.pool.held.delete(waiting)
    waiting.isHeld = false
  }

  /** Call this when a person has left the pool. Perhaps those who are held have nobody else now, and may meet again. */
  handleLeft(pool: Pool<Waiting<T>>): void {
    if (pool.held.size === 0 || pool.dueAtMs !== Infinity) return
    const { clock, due } = this.#dependencies
    due.set(pool, Math.max(clock.now(), pool.heldSearchedAtMs + heldIntervalMs))
  }

  /** Searches again for all tickets of the pool that are held. */
  searchAll(pool: Pool<Waiting<T>>): void {
    const { clock, onSearch } = this.#dependencies
    pool.heldSearchedAtMs = clock.now()
    // Searches change the set, so a copy is visited.
    const held = [...pool.held]
    for (const waiting of held) if (waiting.isQueued) onSearch(waiting)
  }
}
