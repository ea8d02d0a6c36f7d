import type { Clock } from '../../clock.ts'
import type { Command } from './command-queue.ts'
import type { RedisSession } from './redis-session.ts'
import type { Answer, Restated } from './wire.ts'

/** The dependencies of {@link Restatements}. */
export interface RestatementsDependencies {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'after'>
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

/** How long the node waits for events that are on their way, in milliseconds. */
const arrivalMs = 1000
/** How many sessions one command compares. */
const maxCompared = 256

/** The answer to `compare`: places in its list of sessions, and the number of the latest change of each. */
type Missed = readonly (readonly [index: number, change: number])[]

/** A session that is being stated again. */
interface Statement {
  /** Whether it must be stated once more afterwards. */
  isRepeated: boolean
  done: Promise<void>
}

/** States sessions of this node to Redis again, so that both know the same of them. */
export class Restatements {
  readonly #dependencies: RestatementsDependencies
  /** The number of times that this node has restated all its sessions. */
  #number = 0
  #isStatingAll = false
  readonly #statements = new Map<RedisSession, Statement>()
  /** The sessions that must be stated again, and what waits until then. */
  readonly #due = new Map<RedisSession, (() => void)[]>()
  /** Whether the sessions that are due may be stated. */
  #isReady = false

  constructor(dependencies: RestatementsDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether all sessions are being stated again, or still must be. */
  get isStatingAll(): boolean {
    return this.#isStatingAll
  }

  /**
   * States all sessions again, one after the other.
   * @param ready resolves when they may be stated
   */
  async stateAll(ready?: Promise<void>): Promise<void> {
    const { sessions, has, isConnected } = this.#dependencies
    const number = ++this.#number
    this.#isStatingAll = true
    // Redis knows the sessions that begin after this call.
    const all = [...sessions()]
    for (const session of all) if (!this.#due.has(session)) this.#due.set(session, [])
    this.#isReady = false
    if (ready) await ready
    if (number === this.#number) this.#isReady = true
    for (const session of [...all, ...this.#due.keys()]) {
      if (number !== this.#number || !isConnected()) return
      if (!this.#due.has(session)) continue
      if (has(session) && !session.isLeaving) await this.state(session)
      else this.#settle(session)
    }
    if (number === this.#number) this.#isStatingAll = false
  }

  /**
   * Compares what Redis and this node know of all sessions. States each session again
   * of which this node has missed the latest event: a node that has died may not have sent it.
   */
  async compareAll(): Promise<void> {
    const all = [...this.#dependencies.sessions()]
    for (let from = 0; from < all.length; from += maxCompared) {
      await this.#compare(all.slice(from, from + maxCompared))
    }
  }

  /**
   * Calls `act` now, or after the statement of a session that must be stated again. Redis may have kept frames for the
   * session, which are part of the answer, and no later frame may overtake them.
   */
  afterStatement(session: RedisSession, act: () => void): void {
    const waiting = this.#due.get(session)
    if (!waiting) {
      act()
      return
    }
    waiting.push(act)
    const canState = this.#isReady && this.#dependencies.isConnected() && !session.isLeaving
    if (canState && !this.#statements.has(session)) void this.state(session)
  }

  /**
   * Restates a session. If a statement is on its way, sends the next one after its answer, because the answer may
   * contain a new epoch, and Redis would refuse a statement with the former one. Resolves when that is done.
   */
  state(session: RedisSession): Promise<void> {
    const running = this.#statements.get(session)
    if (running) {
      running.isRepeated = true
      return running.done
    }
    const statement: Statement = { isRepeated: false, done: Promise.resolve() }
    this.#statements.set(session, statement)
    statement.done = this.#stateUntilDone(session, statement)
    return statement.done
  }

  async #stateUntilDone(session: RedisSession, statement: Statement): Promise<void> {
    const { has } = this.#dependencies
    // A session that is being released has no room any more. Redis would end the room that another node continues.
    do {
      statement.isRepeated = false
      await this.#stateOnce(session)
    } while (statement.isRepeated && has(session) && !session.isLeaving)
    this.#statements.delete(session)
  }

  #settle(session: RedisSession): void {
    const waiting = this.#due.get(session) ?? []
    this.#due.delete(session)
    for (const act of waiting) act()
  }

  #stateOnce(session: RedisSession): Promise<void> {
    const { send, onLost } = this.#dependencies
    return new Promise((resolve) => {
      send(session.statement(), ([failure, , , result]) => {
        if (failure === false) this.#handleRestated(session, result as Restated)
        else if (failure === 'fenced') onLost(session)
        // If Redis does not answer, all sessions are stated again when it does.
        if (failure !== 'unavailable') this.#settle(session)
        resolve()
      })
    })
  }

  #handleRestated(session: RedisSession, restated: Restated): void {
    session.handleRestated(restated)
    const { awaited } = restated
    if (awaited !== undefined) this.#stateLater(session, () => session.isMissing(awaited))
  }

  #compare(sessions: readonly RedisSession[]): Promise<void> {
    const { nodeId, send } = this.#dependencies
    const list = sessions.map(({ id, epoch, latestChange }) => [id, epoch, latestChange])
    return new Promise((resolve) => {
      send({ c: 'compare', n: nodeId, sessions: list }, ([failure, , , result]) => {
        // If Redis does not answer, all sessions are stated again when it does.
        for (const [index, change] of failure === false ? (result as Missed) : []) {
          const session = sessions[index]!
          this.#stateLater(session, () => session.latestChange < change)
        }
        resolve()
      })
    })
  }

  /** States a session again if events that may be on their way have not arrived soon. */
  #stateLater(session: RedisSession, isMissing: () => boolean): void {
    const { clock, has } = this.#dependencies
    clock.after(arrivalMs, () => {
      if (has(session) && !session.isLeaving && isMissing()) void this.state(session)
    })
  }
}
