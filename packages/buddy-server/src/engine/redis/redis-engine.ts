import type { Adopted, Engine, EngineListener, NodeReport, SessionProfile } from '../engine.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import type { Encounters } from '../memory/encounters.ts'
import type { Place } from '../places.ts'
import type { SessionNumbers } from './admissions.ts'
import { Admissions } from './admissions.ts'
import type { Command } from './command-queue.ts'
import { CommandQueue } from './command-queue.ts'
import { FrameRelay } from './frame-relay.ts'
import { LocalQueue } from './local-queue.ts'
import { EventDelivery } from './event-delivery.ts'
import { eventsOf } from './match-event.ts'
import { NodeLife } from './node-life.ts'
import { NodeMessages } from './node-messages.ts'
import { ObservedRooms } from './observed-rooms.ts'
import { RedisBans } from './redis-bans.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisSessionContext, ShardArrival } from './redis-session.ts'
import { RedisSession } from './redis-session.ts'
import { Restatements } from './restatements.ts'
import { Takeovers } from './takeovers.ts'
import type { Adoption, Answer, Configuration, FrameItem, Location } from './wire.ts'

/** The dependencies of {@link RedisEngine}. */
export interface RedisEngineDependencies extends EngineDependencies {
  readonly link: RedisLink
  /** The id of this node, which no other node has or had. */
  readonly nodeId: string
  /** Returns whether users of this node are matched with each other while Redis does not answer. */
  readonly isLocalAllowed: () => boolean
  /** Returns how long a session outlives its connection. */
  readonly graceMs: () => number
  /** Returns the present figures of this node, for the others. */
  readonly report: () => NodeReport
  /** Returns how many bytes of frames are kept for a session without a node. */
  readonly maxHeldBytes: () => number
  /**
   * Called when the Redis of this engine has lost its data. The caller adds the pairs that it knows to `pairs` before
   * it returns: they must be in Redis before the tickets, which may be matched at once.
   */
  readonly onDataLost: (pairs: Engine['pairs']) => void
  /**
   * Returns by how much a ticket of the same node may have waited shorter than one of another node, and is still
   * preferred, in milliseconds. @default 250
   */
  readonly nearMs?: () => number
  /** Returns the time that Redis uses, in milliseconds. @default Redis uses its own clock */
  readonly redisNow?: () => number
  /** Sends the block of a partner who was met in a lobby. @default all lobbies are in this shard */
  readonly sendBlock?: RedisSessionContext['sendBlock']
}

/** How long `close` waits for Redis, in milliseconds. */
const closeTimeoutMs = 1000
/** How long a client waits until its session is confirmed, in milliseconds. Then it is continued all the same. */
const confirmTimeoutMs = 1000
/** Two tickets whose waits differ by less than this time, in milliseconds, count as equally old. */
const nearMs = 250

/**
 * The engine of a service with several nodes. The queue and the rooms are in Redis, where a function decides each
 * command in one step. A node sends the commands of its sessions, and relays frames to the other nodes.
 */
export class RedisEngine implements Engine {
  readonly hasOtherNodes = true
  readonly bans: RedisBans
  readonly pairs: Engine['pairs']
  readonly #dependencies: RedisEngineDependencies
  readonly #sessions = new Map<string, RedisSession>()
  readonly #context: RedisSessionContext
  /** The sessions that are being released. */
  readonly #leaving = new Set<Promise<void>>()
  readonly #commands: CommandQueue
  readonly #messages: NodeMessages
  readonly #events: EventDelivery
  readonly #relay: FrameRelay
  readonly #admissions: Admissions
  readonly #takeovers: Takeovers
  readonly #restatements: Restatements
  readonly #life: NodeLife
  readonly #local: LocalQueue
  #counts: Engine['counts'] = { waiting: 0, rooms: 0, users: 0 }
  /** When the counts were received, in milliseconds on the process's clock. */
  answeredAt = 0

  constructor(dependencies: RedisEngineDependencies) {
    this.#dependencies = dependencies
    const { nodeId, clock, createId, graceMs, link, redisNow, onError } = dependencies
    const send: RedisSessionContext['send'] = (...command) => this.#send(...command)
    const find = (sessionId: string): RedisSession | undefined => this.#sessions.get(sessionId)
    const isConnected = (): boolean => this.#commands.isOpen
    const onFailed = (error: unknown): void => {
      // If the link has noticed that Redis does not answer, it has reported that.
      if (isConnected()) onError(error)
      this.handleDisconnected()
    }
    this.#commands = new CommandQueue({
      link,
      redisNow,
      createId,
      configuration: () => this.#configuration(),
      onAnswer: (command, answer, since) => this.#handleAnswer(command, answer, since),
      onTotals: (waiting, rooms, users, since) => {
        this.#counts = { waiting, rooms, users }
        this.#events.note(since)
        this.answeredAt = performance.now()
      },
      onFailed,
    })
    this.#relay = new FrameRelay({
      nodeId,
      clock,
      find,
      isConnected,
      send,
      post: (node, frame) => this.#messages.post(node, frame),
      maxHeldBytes: dependencies.maxHeldBytes,
      attempt: (act) => attempt(act, onError),
    })
    this.#messages = new NodeMessages({
      nodeId,
      link,
      clock,
      isConnected,
      onUndelivered: (node, frame) => this.#relay.hold(node, frame),
      onFailed,
      onEvent: (event) => this.#events.deliver(event),
      onFrame: (frame) => this.#handleFrame(frame),
    })
    this.#events = new EventDelivery({
      nodeId,
      find,
      post: (node, event) => this.#messages.post(node, event),
      onReleased: (sessionId) => this.#takeovers.handleReleased(sessionId),
      onEnded: (event) => this.#context.rooms.handleEnded(event),
      onLost: (session) => this.#lose(session),
      attempt: (act) => attempt(act, onError),
    })
    this.bans = new RedisBans({
      nodeId,
      clock,
      local: dependencies.bans,
      send,
      onBanned: dependencies.onBanned,
    })
    const redisNowMs = (): number | undefined => this.#life.redisNowMs
    this.#takeovers = new Takeovers({ nodeId, clock, graceMs, redisNowMs, send })
    this.#admissions = new Admissions({
      nodeId,
      clock,
      send,
      epochOf: (sessionId) => (find(sessionId) ?? this.#takeovers.find(sessionId))?.epoch,
    })
    this.#restatements = new Restatements({
      clock,
      sessions: () => this.#sessions.values(),
      has: (session) => find(session.id) === session,
      isConnected,
      send,
      onLost: (session) => this.#lose(session),
    })
    this.#life = new NodeLife({
      nodeId,
      clock,
      createId,
      graceMs,
      report: dependencies.report,
      send,
      bans: this.bans,
      onDataLost: () => dependencies.onDataLost(this.pairs),
      onForgotten: () => void this.#restatements.stateAll(),
    })
    this.#local = new LocalQueue({ engine: dependencies, isAllowed: dependencies.isLocalAllowed })
    this.pairs = {
      add: (kind, one, other, untilMs) => {
        this.#local.pairs.add(kind, one, other, untilMs)
        send({ c: 'pair', kind, one, other, untilMs }, undefined, true)
      },
      note: (...pair) => this.#local.pairs.add(...pair),
    }
    this.#context = this.#createContext(send, find, isConnected)
  }

  get counts(): Engine['counts'] {
    return this.#counts
  }

  get nodes(): Engine['nodes'] {
    return this.#life.nodes
  }

  usersOf(site: string): number {
    return this.#life.usersOf(site)
  }

  admit(...session: Parameters<Engine['admit']>): ReturnType<Engine['admit']> {
    return this.#admissions.admit(...session)
  }

  /** Resolves with the numbers of sessions of an address and of a site; 0 if Redis does not answer soon. */
  sessionsAt(place: Place): Promise<SessionNumbers> {
    return this.#admissions.sessionsAt(place)
  }

  cancel(sessionId: string): void {
    this.#admissions.cancel(sessionId)
  }

  /** @param arrival what the session brings along from another shard */
  join(
    profile: SessionProfile,
    listener: EngineListener,
    isRestored: boolean,
    arrival?: ShardArrival,
  ): RedisSession {
    const adopted = this.#takeovers.take(profile.seat.sessionId)
    const adoption = arrival?.epoch === undefined ? adopted : undefined
    const context = this.#context
    const session = new RedisSession(profile, listener, isRestored, adoption, context, arrival)
    this.#sessions.set(session.id, session)
    return session
  }

  /** Adds the recent partners of a session that comes from another shard. */
  addMet(personKey: string, encounters: Encounters): void {
    const { clock, wallNow } = this.#dependencies
    const { avoidMs } = this.#configuration()
    for (const { personKey: other, agoMs } of encounters.recent(clock.now(), avoidMs)) {
      this.pairs.add('met', personKey, other, wallNow() - agoMs + avoidMs)
    }
  }

  /** Sends a block, and sends it again if Redis does not answer. */
  sendBlock(command: Command, handleAnswer: (answer: Answer) => void): void {
    this.#send(command, handleAnswer, true)
  }

  /**
   * Resolves with whether this shard has a session; undefined if Redis does not answer.
   * @param welcomes how many welcomes the client knows of
   */
  async locate(sessionId: string, welcomes: number): Promise<Location | undefined> {
    const { graceMs } = this.#dependencies
    const command = { c: 'locate', s: sessionId, welcomes, graceMs: graceMs() }
    const found = await this.#request(command)
    return found as Location | undefined
  }

  /** Returns what is known of a session that this node has taken over and that has not joined; undefined otherwise. */
  adoptionOf(sessionId: string): Adoption | undefined {
    return this.#takeovers.find(sessionId)
  }

  /** Ends a session in this shard that this node has taken over in another one, with this epoch. */
  evict(sessionId: string, epoch: number): void {
    const { nodeId } = this.#dependencies
    this.#send({ c: 'evict', s: sessionId, n: nodeId, e: epoch }, undefined, true)
  }

  /** A restored session claims no room of this shard. */
  disclaim(sessionId: string): void {
    this.#send({ c: 'disclaim', s: sessionId })
  }

  adopt(sessionId: string, _site: string, welcomes: number): Promise<Adopted | undefined> {
    return this.#takeovers.adopt(sessionId, welcomes)
  }

  confirm(sessionId: string, welcomes: number): Promise<void> | undefined {
    const session = this.#sessions.get(sessionId)
    if (!session || session.isLeaving) return undefined
    if (session.welcomes < welcomes) {
      this.#lose(session)
      return undefined
    }
    const isCertain = this.#life.isCertain && !this.#restatements.isStatingAll
    if (isCertain || !this.isUp) return undefined
    return new Promise((resolve) => {
      const cancel = this.#dependencies.clock.after(confirmTimeoutMs, resolve)
      void this.#restatements.state(session).then(() => {
        cancel()
        resolve()
      })
    })
  }

  async reload(): Promise<void> {
    let isMore: unknown
    do isMore = await this.#request({ c: 'freed', room: this.#newId() })
    while (isMore === true)
  }

  async sweep(awayMs: number): Promise<void> {
    let count: unknown
    do count = await this.#request({ c: 'sweep', awayMs, room: this.#newId() })
    while (typeof count === 'number' && count > 0)
  }

  drain(): void {
    this.#life.drain()
  }

  async close(): Promise<void> {
    this.#life.close()
    this.#takeovers.close()
    const farewell = Promise.all(this.#leaving).then(() => this.#life.leave())
    // Redis may not answer.
    const late = new Promise<void>((resolve) =>
      this.#dependencies.clock.after(closeTimeoutMs, resolve),
    )
    await Promise.race([farewell.then(() => this.#untilSent()), late])
    this.bans.close()
  }

  async #untilSent(): Promise<void> {
    await this.#relay.untilAnswered()
    await this.#messages.untilSent()
  }

  /** Resolves when this node knows the bans of the others, or when they cannot be read now. */
  load(): Promise<void> {
    return this.bans.load()
  }

  get isUp(): boolean {
    return this.#commands.isOpen
  }

  /**
   * Call this when Redis no longer answers. Rooms whose sessions are both at this node continue; everything else
   * waits.
   */
  handleDisconnected(): void {
    this.#commands.close()
  }

  /** Call this when Redis answers again. It may have lost messages, or all its data. */
  handleConnected(): void {
    this.#local.clear()
    this.#commands.open()
    this.#messages.flush()
    this.#relay.resume()
    this.#life.beat()
    void this.#restatements.stateAll(this.#life.check())
  }

  /** Handles a message from another node. */
  handleMessage(payload: Uint8Array): void {
    this.#messages.handleMessage(payload)
  }

  #createContext(
    send: RedisSessionContext['send'],
    find: RedisSessionContext['find'],
    isConnected: () => boolean,
  ): RedisSessionContext {
    const {
      nodeId,
      clock,
      createId,
      wallNow,
      scheduleOf,
      restoreLeftMs,
      graceMs,
      observer,
      blockMs,
    } = this.#dependencies
    return {
      nodeId,
      clock,
      createId,
      wallNow,
      scheduleOf,
      restoreLeftMs,
      graceMs,
      observer,
      send,
      find,
      isConnected,
      onEntered: (session, ticket) => {
        if (!isConnected()) this.#local.enter(session, ticket)
      },
      onQuit: (session) => this.#local.leave(session),
      onBlocked: (one, other) => {
        if (one !== other) this.#note(['blocked', one, other, wallNow() + blockMs()])
      },
      sendBlock: this.#dependencies.sendBlock ?? ((_, ...block) => this.sendBlock(...block)),
      relay: (node, frame) => this.#relay.relay(node, frame),
      pause: (node, sessionId, room, by) =>
        this.#events.deliver({
          type: 'pause',
          s: sessionId,
          n: node,
          g: 0,
          room,
          by,
          node: nodeId,
        }),
      onLeaving: (left) => {
        this.#leaving.add(left)
        void left.then(() => this.#leaving.delete(left))
      },
      forget: (session) => {
        if (find(session.id) === session) this.#sessions.delete(session.id)
      },
      onReleased: (s, by) => this.#messages.post(by, { type: 'released', s, n: by, g: 0 }),
      rooms: new ObservedRooms(clock, observer),
    }
  }

  /** Handles a frame from another node. */
  #handleFrame(frame: FrameItem): void {
    const session = this.#sessions.get(frame[0])
    const handle = (): void => this.#relay.handleFrame(frame)
    if (session) this.#restatements.afterStatement(session, handle)
    else handle()
  }

  #newId(): string {
    return this.#dependencies.createId()
  }

  #send(command: Command, handleAnswer?: (answer: Answer) => void, isKept = false): void {
    const { onError } = this.#dependencies
    const handle =
      handleAnswer && ((answer: Answer) => attempt(() => handleAnswer(answer), onError))
    this.#commands.send(command, handle, isKept)
  }

  /** Resolves with the result of a command; undefined if Redis does not answer. */
  #request(command: Command): Promise<unknown> {
    return new Promise((resolve) => this.#send(command, ([, , , result]) => resolve(result)))
  }

  #handleAnswer(
    { c: name, s: sessionId }: Command,
    [failure, events, pairs]: Answer,
    since: number | false,
  ): void {
    const { onError } = this.#dependencies
    for (const event of events) {
      for (const each of eventsOf(event)) this.#events.deliver(each, since)
    }
    // A block was noted before its command was sent.
    if (name !== 'block') for (const pair of pairs) this.#note(pair)
    if (failure === false) return
    const session = sessionId === undefined ? undefined : this.#sessions.get(sessionId)
    const isLost = failure === 'fenced' || failure === 'unknown'
    if (!isLost) onError(new Error(`Redis could not handle ${name}: ${failure}`))
    else if (session && !session.isLeaving && name !== 'restate') {
      void this.#stateAgain(session, failure === 'unknown')
    }
  }

  /** Notes a pair of this node, also while Redis does not answer: then this node may end before Redis has the pair. */
  #note(pair: Readonly<Parameters<Engine['pairs']['note']>>): void {
    const { observer, onError } = this.#dependencies
    this.#local.pairs.add(...pair)
    attempt(() => observer.onPair(...pair), onError)
  }

  /** Another node has the session. */
  #lose(session: RedisSession): void {
    this.#local.leave(session)
    session.handleLost()
    this.#context.forget(session)
  }

  /** Restates a session. If Redis does not know it, it may have lost its data, and then receives the pairs first. */
  async #stateAgain(session: RedisSession, isUnknown: boolean): Promise<void> {
    if (isUnknown) await this.#life.check()
    if (this.#sessions.get(session.id) === session && !session.isLeaving) {
      await this.#restatements.state(session)
    }
  }

  #configuration(): Configuration {
    const { maxRooms, avoidRecentMs, avoidRecentCount, rematchDelayMs, blockMs, fairLimits } =
      this.#dependencies
    const rematchMs = rematchDelayMs()
    return {
      maxRooms: maxRooms(),
      // The rematch delay holds even if no partners are avoided.
      avoidMs: avoidRecentCount() > 0 ? Math.max(avoidRecentMs(), rematchMs) : rematchMs,
      avoidCount: avoidRecentCount(),
      rematchMs,
      blockMs: blockMs(),
      nearMs: this.#dependencies.nearMs?.() ?? nearMs,
      ...fairLimits(),
    }
  }
}

function attempt(act: () => void, onError: (error: unknown) => void): void {
  try {
    act()
  } catch (error) {
    onError(error)
  }
}
