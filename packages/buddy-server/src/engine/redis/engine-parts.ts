import type { Engine, NodeReport } from '../engine.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import { Admissions } from './admissions.ts'
import type { Command } from './command-queue.ts'
import { CommandQueue } from './command-queue.ts'
import type { EngineSettings } from './engine-configuration.ts'
import { configurationOf } from './engine-configuration.ts'
import { EventDelivery } from './event-delivery.ts'
import { FrameRelay } from './frame-relay.ts'
import { LocalQueue } from './local-queue.ts'
import { eventsOf } from './match-event.ts'
import { NodeLife } from './node-life.ts'
import { NodeMessages } from './node-messages.ts'
import { ObservedRooms } from './observed-rooms.ts'
import { RedisBans } from './redis-bans.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisSession, RedisSessionContext } from './redis-session.ts'
import { Restatements } from './restatements.ts'
import { Takeovers } from './takeovers.ts'
import type { Answer, FrameItem } from './wire.ts'

/** The dependencies of `RedisEngine`. */
export interface RedisEngineDependencies extends EngineDependencies, EngineSettings {
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
  /** Returns the time that Redis uses, in milliseconds. @default Redis uses its own clock */
  readonly redisNow?: () => number
  /** Sends a block to the shard of the lobby where the two users have met. @default sends it to this shard */
  readonly sendBlock?: RedisSessionContext['sendBlock']
}

/** The parts of the engine of one node, connected with each other. */
export class EngineParts {
  readonly bans: RedisBans
  readonly pairs: Engine['pairs']
  /** The sessions of this node, and those that it is releasing. */
  readonly sessions = new Map<string, RedisSession>()
  /** What the sessions use. */
  readonly context: RedisSessionContext
  /** The releases that are under way. Each promise resolves when its session is released. */
  readonly leaving = new Set<Promise<void>>()
  readonly commands: CommandQueue
  readonly messages: NodeMessages
  readonly relay: FrameRelay
  readonly admissions: Admissions
  readonly takeovers: Takeovers
  readonly restatements: Restatements
  readonly life: NodeLife
  readonly local: LocalQueue
  /** The latest counts that Redis has answered. */
  counts: Engine['counts'] = { waiting: 0, rooms: 0, users: 0 }
  /** When the counts were received, in milliseconds on the process's clock. */
  answeredAt = 0
  readonly #dependencies: RedisEngineDependencies
  readonly #events: EventDelivery

  constructor(dependencies: RedisEngineDependencies) {
    this.#dependencies = dependencies
    const { nodeId, clock, createId, graceMs, link, redisNow, onError } = dependencies
    const send: RedisSessionContext['send'] = (...command) => this.send(...command)
    const find = (sessionId: string): RedisSession | undefined => this.sessions.get(sessionId)
    const isConnected = (): boolean => this.commands.isOpen
    const onFailed = (error: unknown): void => {
      // If the link has noticed that Redis does not answer, it has reported that.
      if (isConnected()) onError(error)
      this.commands.close()
    }
    this.commands = new CommandQueue({
      link,
      redisNow,
      createId,
      configuration: () => configurationOf(dependencies),
      onAnswer: (command, answer, since) => this.#handleAnswer(command, answer, since),
      onTotals: (waiting, rooms, users, since) => {
        this.counts = { waiting, rooms, users }
        this.#events.note(since)
        this.answeredAt = performance.now()
      },
      onFailed,
    })
    this.relay = new FrameRelay({
      nodeId,
      clock,
      find,
      isConnected,
      send,
      post: (node, frame) => this.messages.post(node, frame),
      maxHeldBytes: dependencies.maxHeldBytes,
      attempt: (act) => attempt(act, onError),
    })
    this.messages = new NodeMessages({
      nodeId,
      link,
      clock,
      isConnected,
      onUndelivered: (node, frame) => this.relay.hold(node, frame),
      onFailed,
      onEvent: (event) => this.#events.deliver(event),
      onFrame: (frame) => this.#handleFrame(frame),
    })
    this.#events = new EventDelivery({
      nodeId,
      find,
      post: (node, event) => this.messages.post(node, event),
      onReleased: (sessionId) => this.takeovers.handleReleased(sessionId),
      onEnded: (event) => this.context.rooms.handleEnded(event),
      onLost: (session) => this.lose(session),
      attempt: (act) => attempt(act, onError),
    })
    this.bans = new RedisBans({
      nodeId,
      clock,
      local: dependencies.bans,
      send,
      onBanned: dependencies.onBanned,
    })
    const redisNowMs = (): number | undefined => this.life.redisNowMs
    this.takeovers = new Takeovers({ nodeId, clock, graceMs, redisNowMs, send })
    this.admissions = new Admissions({
      nodeId,
      clock,
      send,
      epochOf: (sessionId) => (find(sessionId) ?? this.takeovers.find(sessionId))?.epoch,
    })
    this.restatements = new Restatements({
      nodeId,
      clock,
      sessions: () => this.sessions.values(),
      has: (session) => find(session.id) === session,
      isConnected,
      send,
      onLost: (session) => this.lose(session),
    })
    this.life = new NodeLife({
      nodeId,
      clock,
      createId,
      graceMs,
      report: dependencies.report,
      send,
      bans: this.bans,
      onDataLost: () => dependencies.onDataLost(this.pairs),
      onForgotten: () => void this.restatements.stateAll(),
      onDeath: () => void this.restatements.compareAll(),
    })
    this.local = new LocalQueue({ engine: dependencies, isAllowed: dependencies.isLocalAllowed })
    this.pairs = {
      add: (kind, one, other, untilMs) => {
        this.local.pairs.add(kind, one, other, untilMs)
        send({ c: 'pair', kind, one, other, untilMs }, undefined, true)
      },
      note: (...pair) => this.local.pairs.add(...pair),
    }
    this.context = this.#createContext(send, find, isConnected)
  }

  /** Sends a command; see {@link CommandQueue.send}. */
  send(command: Command, handleAnswer?: (answer: Answer) => void, isKept = false): void {
    const { onError } = this.#dependencies
    const handle =
      handleAnswer && ((answer: Answer) => attempt(() => handleAnswer(answer), onError))
    this.commands.send(command, handle, isKept)
  }

  /** Resolves with the result of a command; undefined if Redis does not answer. */
  request(command: Command): Promise<unknown> {
    return new Promise((resolve) => this.send(command, ([, , , result]) => resolve(result)))
  }

  /** Forgets a session that another node has. */
  lose(session: RedisSession): void {
    this.local.leave(session)
    session.handleLost()
    this.context.forget(session)
  }

  /** Handles a frame from another node. */
  #handleFrame(frame: FrameItem): void {
    const session = this.sessions.get(frame[0])
    const handle = (): void => this.relay.handleFrame(frame)
    if (session) this.restatements.afterStatement(session, handle)
    else handle()
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
    const session = sessionId === undefined ? undefined : this.sessions.get(sessionId)
    const isLost = failure === 'fenced' || failure === 'unknown'
    if (!isLost) onError(new Error(`Redis could not handle ${name}: ${failure}`))
    else if (session && !session.isLeaving && name !== 'restate') {
      void this.#stateAgain(session, failure === 'unknown')
    }
  }

  /** Stores a pair at this node too, because this node may end before Redis has received the pair. */
  #note(pair: Readonly<Parameters<Engine['pairs']['note']>>): void {
    const { observer, onError } = this.#dependencies
    this.local.pairs.add(...pair)
    attempt(() => observer.onPair(...pair), onError)
  }

  /** Restates a session. If Redis does not know it, Redis may have lost its data, and receives the pairs first. */
  async #stateAgain(session: RedisSession, isUnknown: boolean): Promise<void> {
    if (isUnknown) await this.life.check()
    if (this.sessions.get(session.id) === session && !session.isLeaving) {
      await this.restatements.state(session)
    }
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
        if (!isConnected()) this.local.enter(session, ticket)
      },
      onQuit: (session) => this.local.leave(session),
      onBlocked: (one, other) => {
        if (one !== other) this.#note(['blocked', one, other, wallNow() + blockMs()])
      },
      sendBlock: this.#dependencies.sendBlock ?? ((_, ...block) => this.send(...block, true)),
      relay: (node, frame) => this.relay.relay(node, frame),
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
        this.leaving.add(left)
        void left.then(() => this.leaving.delete(left))
      },
      forget: (session) => {
        if (find(session.id) === session) this.sessions.delete(session.id)
      },
      onReleased: (s, by) => this.messages.post(by, { type: 'released', s, n: by, g: 0 }),
      rooms: new ObservedRooms(clock, observer),
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
