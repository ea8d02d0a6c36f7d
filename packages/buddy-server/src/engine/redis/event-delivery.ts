import type { RedisSession } from './redis-session.ts'
import type { StoredEvent } from './wire.ts'

/** The dependencies of {@link EventDelivery}. */
export interface EventDeliveryDependencies {
  readonly nodeId: string
  /** Returns a session of this node. */
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
  /** The beginning of the present data of Redis, as far as this node knows; see {@link StoredEvent.since}. */
  #since = 0

  constructor(dependencies: EventDeliveryDependencies) {
    this.#dependencies = dependencies
  }

  /** Call this when Redis answers, with the beginning of its data; false if it is not known yet. */
  note(since: number | false): void {
    if (since !== false) this.#since = Math.max(this.#since, since)
  }

  /**
   * Delivers an event. After Redis has lost its data, the nodes have stated their sessions again. An event from before,
   * which was delayed, does not agree with that, so it is dropped.
   * @param since the beginning of the data from which an event of an answer follows
   */
  deliver(event: StoredEvent, since: number | false = false): void {
    const { nodeId, find, post, onReleased, onEnded, onLost, attempt } = this.#dependencies
    const session = find(event.s)
    // The session has no node now. The next one learns all from Redis.
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
