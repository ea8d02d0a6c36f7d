import type { Engine, EngineSession } from '../engine.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import { MemoryEngine } from '../memory/memory-engine.ts'
import type { Ticket } from '../ticket.ts'
import type { RedisSession } from './redis-session.ts'

interface LocalQueueDependencies {
  readonly engine: EngineDependencies
  /** Whether users of this node are matched with each other while Redis does not answer. */
  readonly isAllowed: () => boolean
}

/** The time in the error `unavailable` that a client receives, in milliseconds. */
const retryAfterMs = 5000

/**
 * The queue of one node while Redis does not answer. It only matches tickets, and keeps no rooms: the sessions keep
 * their room, and report it to Redis when it answers again, as they do after Redis has lost its data.
 */
export class LocalQueue {
  readonly #dependencies: LocalQueueDependencies
  readonly #engine: Engine
  readonly #sessions = new Map<RedisSession, EngineSession>()

  constructor(dependencies: LocalQueueDependencies) {
    this.#dependencies = dependencies
    const { engine } = dependencies
    this.#engine = new MemoryEngine({
      ...engine,
      observer: {
        ...engine.observer,
        onRestored: () => undefined,
        // The sessions report the end of their rooms themselves.
        onEnded: () => undefined,
      },
    })
  }

  /** The recent and blocked pairs that this node knows. This queue does not match them either. */
  get pairs(): Engine['pairs'] {
    return this.#engine.pairs
  }

  /**
   * Queues the ticket of a session, if local matching is allowed. Otherwise the session receives that it cannot be
   * matched.
   */
  enter(session: RedisSession, ticket: Ticket): void {
    if (!this.#dependencies.isAllowed()) {
      session.handleUnavailable(retryAfterMs)
      return
    }
    const queued = this.#engine.join(
      session.profile,
      {
        handleEvent: (event) => {
          session.handleLocalEvent(event)
          if (event.type === 'matched') this.leave(session)
        },
      },
      false,
    )
    this.#sessions.set(session, queued)
    queued.enter(ticket, 0)
  }

  /** Removes the session, if it is in the queue. */
  leave(session: RedisSession): void {
    const queued = this.#sessions.get(session)
    this.#sessions.delete(session)
    queued?.end('left')
  }

  /** Removes all sessions, because Redis answers again. */
  clear(): void {
    for (const session of this.#sessions.keys()) this.leave(session)
  }
}
