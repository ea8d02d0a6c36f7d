import type { Command } from './command-queue.ts'
import type { RedisSession } from './redis-session.ts'
import type { Answer, Restated } from './wire.ts'

/** The dependencies of {@link Restatements}. */
export interface RestatementsDependencies {
  /** Returns the sessions of this node. */
  readonly sessions: () => Iterable<RedisSession>
  /** Whether the node still has the session. */
  readonly has: (session: RedisSession) => boolean
  /** Whether Redis answers. */
  readonly isConnected: () => boolean
  readonly send: (command: Command, handleAnswer: (answer: Answer) => void) => void
  /** Called when another node has the session. */
  readonly onLost: (session: RedisSession) => void
}

/** Brings Redis and this node together again about sessions. */
export class Restatements {
  readonly #dependencies: RestatementsDependencies
  /** The number of times that this node has restated all its sessions. */
  #number = 0

  constructor(dependencies: RestatementsDependencies) {
    this.#dependencies = dependencies
  }

  /** States all sessions again, one after the other. */
  async stateAll(): Promise<void> {
    const { sessions, isConnected } = this.#dependencies
    const number = ++this.#number
    for (const session of sessions()) {
      if (number !== this.#number || !isConnected()) return
      if (!session.isLeaving) await this.state(session)
    }
  }

  /**
   * Restates a session. If a statement is on its way, sends the next one after its answer, because the answer may
   * contain a new epoch, and Redis would refuse a statement with the former one.
   */
  async state(session: RedisSession): Promise<void> {
    if (session.isStated !== undefined) {
      session.isStated = false
      return
    }
    do {
      session.isStated = true
      await this.#stateOnce(session)
    } while (!session.isStated && this.#dependencies.has(session))
    session.isStated = undefined
  }

  #stateOnce(session: RedisSession): Promise<void> {
    const { send, onLost } = this.#dependencies
    return new Promise((resolve) => {
      send(session.statement(), ([failure, , , result]) => {
        if (failure === false) session.handleRestated(result as Restated)
        else if (failure === 'fenced') onLost(session)
        resolve()
      })
    })
  }
}
