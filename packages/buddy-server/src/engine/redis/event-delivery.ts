import type { RedisSession } from './redis-session.ts'
import type { StoredEvent } from './wire.ts'

/** The dependencies of {@link EventDelivery}. */
export interface EventDeliveryDependencies {
  readonly nodeId: string
  /** Returns a session of this node; undefined if this node does not have it. */
  readonly find: (sessionId: string) => RedisSession | undefined
  /** Sends an event to another node. */
  readonly post: (nodeId: string, event: StoredEvent) => void
  /** Called when another node has released a session. */
  readonly onReleased: (sessionId: string) => void
  /** Called when a room has ended whose seat 0 was at this node. */
  readonly onEnded: (event: Extract<StoredEvent, { type: 'ended' }>) => void
  /** Called when another node has the session. */
  readonly onLost: (session: RedisSession) => void
  /** Calls `act`, and reports its error. */
  readonly attempt: (act: () => void) => void
}

/** Delivers the events of Redis to the sessions of this node, and sends the others to their nodes. */
export class EventDelivery {
  readonly #dependencies: EventDeliveryDependencies
  /** When the present data of Redis began, as far as this node knows; see {@link StoredEvent.since}. */
  #since = 0

  constructor(dependencies: EventDeliveryDependencies) {
    this.#dependencies = dependencies
  }

  /** Call this when Redis answers, with the time when its data began; false if Redis does not know the time yet. */
  note(since: number | false): void {
    if (since !== false) this.#since = Math.max(this.#since, since)
  }

  /**
   * Delivers an event. After Redis has lost its data, the nodes have stated their sessions again. A delayed event from
   * before the loss may contradict these statements, so it is dropped.
   * @param since for an event of an answer: when the data of Redis began from which the event follows. False if Redis
   *   does not know it, and for an event from another node, which contains it
   */
  deliver(event: StoredEvent, since: number | false = false): void {
    const { nodeId, find, post, onReleased, onEnded, onLost, attempt } = this.#dependencies
    const session = find(event.s)
    // The session has no node now. Its next node receives the present state of the session from Redis.
    if (event.n === '') return
    if (event.n !== nodeId) post(event.n, since === false ? event : { ...event, since })
    else if (event.type === 'ended') attempt(() => onEnded(event))
    else if (event.since !== undefined && event.since < this.#since) {
      // The partner may be in the room of that match.
      if (event.type === 'matched') attempt(() => session?.decline(event.room.id))
    } else if (event.type === 'released') onReleased(event.s)
    else if (event.type === 'paused') session?.handlePaused()
    else if (event.type === 'pause') {
      session?.handlePause(event.room)
      // The answer follows all frames that were sent before.
      this.deliver({ type: 'paused', s: event.by, n: event.node, g: 0 })
    } else if (event.type === 'release') attempt(() => session?.handleTaken(event))
    else if (event.type === 'displaced') {
      if (session?.epoch === event.epoch) attempt(() => onLost(session))
    } else attempt(() => session?.handleEvent(event))
  }
}
