import type {
  Adopted,
  Engine,
  EngineListener,
  EngineSession,
  NodeReport,
  SessionProfile,
} from '../engine.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import type { NoPlace, PlaceLimits } from '../places.ts'
import type { Room } from '../room.ts'
import type { Command } from './command-queue.ts'
import { CommandQueue } from './command-queue.ts'
import { LocalQueue } from './local-queue.ts'
import { NodeMessages } from './node-messages.ts'
import { RedisBans } from './redis-bans.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisSessionContext } from './redis-session.ts'
import { RedisNodes } from './redis-nodes.ts'
import { fromText, RedisSession, toStoredProfile } from './redis-session.ts'
import type {
  Adoption,
  Answer,
  BeatResult,
  Configuration,
  FrameItem,
  Restated,
  StoredEvent,
} from './wire.ts'

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
  /** Called when Redis has lost its data. The caller adds the pairs that it knows again. */
  readonly onDataLost: () => void
  /** Returns how much shorter a ticket of the own node may have waited and is preferred. @default 250 */
  readonly nearMs?: () => number
  /** Returns the time that Redis uses, in milliseconds. @default Redis uses its own clock */
  readonly redisNow?: () => number
}

/** How long `close` waits for Redis, in milliseconds. */
const closeTimeoutMs = 1000
/** Two tickets whose waits differ by less, in milliseconds, have waited equally long. */
const nearMs = 250
/** How long a node has to release a session that another one takes over, in milliseconds. */
const releaseTimeoutMs = 1000

/** A session that was taken over must join within this time, in milliseconds. */
const joinTimeoutMs = 5000

/** A session is admitted if Redis does not answer within this time, in milliseconds. */
const admitTimeoutMs = 1000

type TakeOver =
  | { readonly state: 'unknown' | 'elsewhere' }
  | {
      readonly state: 'taken'
      readonly epoch: number
      /** The frames in base64. */
      readonly frames: readonly (readonly [number: number, frame: string])[]
      readonly received?: number
    }

/** The time between two beats of a node. A node without a beat for the second time is dead. In milliseconds. */
const beatIntervalMs = 500
const deadAfterMs = 2000

/**
 * The engine of a service with several nodes. The queue and the rooms are in Redis, where a function decides each
 * command in one step. A node sends the commands of its sessions, and relays frames to the other nodes.
 */
export class RedisEngine implements Engine {
  readonly hasOtherNodes = true
  readonly bans: RedisBans
  readonly pairs: Engine['pairs']
  readonly #dependencies: RedisEngineDependencies
  readonly #nodes: RedisNodes
  readonly #sessions = new Map<string, RedisSession>()
  readonly #context: RedisSessionContext
  /** What is known of sessions that this node has taken over, until they join. */
  readonly #adopted = new Map<string, Adoption>()
  /** The number of frames to each session that wait for an answer of Redis. Later frames must not overtake them. */
  readonly #holding = new Map<string, number>()
  /** The sessions that are being released. */
  readonly #leaving = new Set<Promise<void>>()
  /** Called when the former node has released a session. */
  readonly #releases = new Map<string, () => void>()
  /** The number of beats. */
  #beats = 0
  /** Whether the other nodes know this one. */
  #isKnown = false
  #isClosed = false
  readonly #commands: CommandQueue
  /** The value in Redis that changes when Redis has lost its data; undefined before the first beat. */
  #boot: string | undefined
  /** Counts the times that all sessions were stated again. */
  #restatement = 0
  readonly #messages: NodeMessages
  readonly #local: LocalQueue
  #counts: Engine['counts'] = { waiting: 0, rooms: 0, users: 0 }
  /** When the counts were received, in milliseconds on the process's clock. */
  answeredAt = 0

  constructor(dependencies: RedisEngineDependencies) {
    this.#dependencies = dependencies
    const { nodeId, clock, createId, scheduleOf, restoreLeftMs, graceMs, observer } = dependencies
    const { link, redisNow, onError } = dependencies
    this.#commands = new CommandQueue({
      link,
      redisNow,
      createId,
      configuration: () => this.#configuration(),
      onAnswer: (command, answer) => this.#handleAnswer(command, answer),
      onTotals: (waiting, rooms, users) => {
        this.#counts = { waiting, rooms, users }
        this.answeredAt = performance.now()
      },
      onFailed: (error) => {
        onError(error)
        this.handleDisconnected()
      },
    })
    this.#messages = new NodeMessages({
      nodeId,
      link,
      clock,
      isConnected: () => this.#commands.isOpen,
      onUndelivered: (node, frame) => this.#hold(node, frame),
      onFailed: (error) => {
        onError(error)
        this.handleDisconnected()
      },
      onEvent: (event) => this.#deliver(event),
      // If this node has released the session, Redis knows what to do with the frame.
      onFrame: (sessionId, roomId, frame) => this.#relayNow(nodeId, sessionId, roomId, frame),
    })
    this.#nodes = new RedisNodes(clock, dependencies.report)
    this.bans = new RedisBans({
      nodeId,
      clock,
      local: dependencies.bans,
      send: (command, handleAnswer) => this.#send(command, handleAnswer),
      onBanned: dependencies.onBanned,
    })
    this.#local = new LocalQueue({ engine: dependencies, isAllowed: dependencies.isLocalAllowed })
    this.pairs = {
      add: (kind, one, other, untilMs) => {
        this.#local.pairs.add(kind, one, other, untilMs)
        this.#send({ c: 'pair', kind, one, other, untilMs }, undefined, true)
      },
    }
    this.#context = {
      nodeId,
      clock,
      createId,
      scheduleOf,
      restoreLeftMs,
      graceMs,
      observer,
      send: (command, handleAnswer, isKept) => this.#send(command, handleAnswer, isKept),
      wallNow: dependencies.wallNow,
      onEntered: (session, ticket) => {
        if (!this.#commands.isOpen) this.#local.enter(session, ticket)
      },
      onQuit: (session) => this.#local.leave(session),
      isConnected: () => this.#commands.isOpen,
      find: (sessionId) => this.#sessions.get(sessionId),
      relay: (node, sessionId, roomId, frame) => this.#relay(node, sessionId, roomId, frame),
      pause: (node, sessionId, room, by) =>
        this.#deliver({ type: 'pause', s: sessionId, n: node, g: 0, room, by, node: nodeId }),
      onLeaving: (left) => {
        this.#leaving.add(left)
        void left.then(() => this.#leaving.delete(left))
      },
      forget: (session) => {
        if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id)
      },
      onReleased: (s, by) => this.#messages.post(by, { type: 'released', s, n: by, g: 0 }),
      rooms: new Map<string, Room>(),
    }
  }

  get counts(): Engine['counts'] {
    return this.#counts
  }

  get nodes(): Engine['nodes'] {
    return this.#nodes.all
  }

  usersOf(site: string): number {
    return this.#nodes.usersOf(site)
  }

  admit(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined> {
    const { sessionId: s } = profile.seat
    const { nodeId, clock } = this.#dependencies
    const e = this.#sessions.get(s)?.epoch ?? this.#adopted.get(s) ?? 1
    const { maxOfSite, maxOfAddress } = limits
    return new Promise((resolve) => {
      const cancel = clock.after(admitTimeoutMs, () => resolve(undefined))
      const session = { s, n: nodeId, e, g: 0, k: profile.personKey, f: toStoredProfile(profile) }
      const command = {
        c: 'admit',
        ...session,
        maxOfAddress,
        ...(Number.isFinite(maxOfSite) && { maxOfSite }),
      }
      this.#send(command, ([, , , result]) => {
        cancel()
        resolve(result ? (result as NoPlace) : undefined)
      })
    })
  }

  cancel(sessionId: string): void {
    if (this.#sessions.has(sessionId) || this.#adopted.has(sessionId)) return
    this.#send({ c: 'cancel', s: sessionId, n: this.#dependencies.nodeId })
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    const { sessionId } = profile.seat
    const adoption = this.#adopted.get(sessionId)
    this.#adopted.delete(sessionId)
    const session = new RedisSession(profile, listener, isRestored, adoption, this.#context)
    this.#sessions.set(session.id, session)
    return session
  }

  async adopt(sessionId: string): Promise<Adopted | undefined> {
    const first = await this.#takeOver(sessionId, false)
    if (first.state !== 'elsewhere') return this.#toAdopted(sessionId, first)
    // The other node releases the session, unless it hangs.
    await new Promise<void>((resolve) => {
      this.#releases.set(sessionId, resolve)
      this.#dependencies.clock.after(releaseTimeoutMs, resolve)
    })
    this.#releases.delete(sessionId)
    return this.#toAdopted(sessionId, await this.#takeOver(sessionId, true))
  }

  async reload(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#send({ c: 'freed', room: this.#newId() }, () => resolve()),
    )
  }

  async sweep(awayMs: number): Promise<void> {
    let count: unknown
    do {
      count = await new Promise<unknown>((resolve) =>
        this.#send({ c: 'sweep', awayMs, room: this.#newId() }, ([, , , result]) =>
          resolve(result),
        ),
      )
    } while (typeof count === 'number' && count > 0)
  }

  drain(): void {
    this.#send({ c: 'drain', n: this.#dependencies.nodeId })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const { nodeId, clock } = this.#dependencies
    const farewell = Promise.all(this.#leaving).then(
      () => new Promise<void>((resolve) => this.#send({ c: 'bye', n: nodeId }, () => resolve())),
    )
    // Redis may not answer.
    const late = new Promise<void>((resolve) => clock.after(closeTimeoutMs, resolve))
    await Promise.race([farewell.then(() => this.#messages.untilSent()), late])
    this.bans.close()
  }

  /** Resolves when this node knows the bans of the others, or when they cannot be read now. */
  load(): Promise<void> {
    return this.bans.load()
  }

  get isUp(): boolean {
    return this.#commands.isOpen
  }

  /** Redis does not answer. Rooms of this node continue; everything else waits. */
  handleDisconnected(): void {
    this.#commands.close()
  }

  /** Redis answers again. It may have lost messages, or all data. */
  handleConnected(): void {
    this.#local.clear()
    this.#commands.open()
    this.#messages.flush()
    this.#beat()
    void this.#restateAll()
  }

  /** Handles a message from another node. */
  handleMessage(payload: Uint8Array): void {
    this.#messages.handleMessage(payload)
  }

  #beat(): void {
    const { nodeId, graceMs, clock } = this.#dependencies
    const command = {
      c: 'beat',
      n: nodeId,
      isKnown: this.#isKnown,
      deadMs: deadAfterMs,
      graceMs: graceMs(),
      boot: this.#newId(),
      ...this.#nodes.fields(),
    }
    const number = ++this.#beats
    this.#send(command, ([failure, , , result]) => {
      // A later beat continues.
      if (this.#isClosed || number !== this.#beats || failure === 'unavailable') return
      const wasKnown = this.#isKnown
      this.#isKnown = failure === false
      const beat = (result || undefined) as BeatResult | undefined
      const boot = beat?.boot
      const isDataLost = boot !== undefined && this.#boot !== undefined && boot !== this.#boot
      this.#boot = boot ?? this.#boot
      if (isDataLost) this.#dependencies.onDataLost()
      if (isDataLost || (wasKnown && !this.#isKnown)) void this.#restateAll()
      if (beat) this.bans.handleBeat(beat.banId, beat.bans)
      if (beat?.list) this.#nodes.handleList(beat.list)
      clock.after(beat?.isMore ? 1 : beatIntervalMs, () => this.#beat())
    })
  }

  async #takeOver(sessionId: string, isForced: boolean): Promise<TakeOver> {
    const { nodeId, graceMs } = this.#dependencies
    const command = { c: 'adopt', s: sessionId, n: nodeId, isForced, graceMs: graceMs() }
    return new Promise((resolve, reject) =>
      this.#send(command, ([failure, , , result]) =>
        failure === false
          ? resolve(result as TakeOver)
          : reject(new Error('Redis does not answer')),
      ),
    )
  }

  #toAdopted(sessionId: string, result: TakeOver): Adopted | undefined {
    if (result.state !== 'taken') return undefined
    const { epoch } = result
    const { nodeId, graceMs, clock } = this.#dependencies
    const adoption = { epoch, taken: result.frames.length }
    this.#adopted.set(sessionId, adoption)
    clock.after(joinTimeoutMs, () => {
      if (this.#adopted.get(sessionId) !== adoption) return
      this.#adopted.delete(sessionId)
      // The client was refused, or has gone.
      this.#send({ c: 'release', s: sessionId, n: nodeId, e: epoch, graceMs: graceMs() })
    })
    const frames = result.frames.map(([number, frame]) => ({
      sentBefore: number === 0 ? undefined : number - 1,
      frame: fromText(frame),
    }))
    return { frames, received: result.received }
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

  #relay(nodeId: string, sessionId: string, roomId: string, frame: Uint8Array): void {
    if (this.#holding.has(sessionId)) this.#redirect([sessionId, roomId, frame])
    else this.#relayNow(nodeId, sessionId, roomId, frame)
  }

  #relayNow(nodeId: string, sessionId: string, roomId: string, frame: Uint8Array): void {
    const item = [sessionId, roomId, frame] as const
    const session = nodeId === this.#dependencies.nodeId ? this.#sessions.get(sessionId) : undefined
    if (session) this.#try(() => session.handleFrame(roomId, frame))
    else if (nodeId === '' || nodeId === this.#dependencies.nodeId) this.#redirect(item)
    else this.#messages.post(nodeId, item)
  }

  /** Lets Redis decide what happens to a frame: it keeps the frame, or knows which node has the session now. */
  #redirect(item: FrameItem): void {
    if (this.#commands.isOpen) void this.#hold('', item)
    // It waits until Redis answers again.
    else this.#messages.post('', item)
  }

  /** Keeps a frame for a session whose node has not received it. Resolves with true if that node lives. */
  #hold(to: string, [partner, room, frame]: FrameItem): Promise<boolean> {
    const maxBytes = this.#dependencies.maxHeldBytes()
    const frames = [Buffer.from(frame).toString('base64')]
    this.#holding.set(partner, (this.#holding.get(partner) ?? 0) + 1)
    return new Promise((resolve) => {
      this.#send({ c: 'hold', partner, room, to, frames, maxBytes }, ([failure, , , node]) => {
        const left = this.#holding.get(partner)! - 1
        if (left > 0) this.#holding.set(partner, left)
        else this.#holding.delete(partner)
        const isOwn = node === this.#dependencies.nodeId
        // Another node has the session now.
        if (typeof node === 'string' && node !== to && (!isOwn || this.#sessions.has(partner))) {
          this.#relayNow(node, partner, room, frame)
        }
        resolve(failure === 'unavailable' || node === to)
      })
    })
  }

  #handleAnswer({ c: name, s: sessionId }: Command, [failure, events, pairs]: Answer): void {
    const { observer, onError } = this.#dependencies
    for (const event of events) this.#deliver(event)
    for (const pair of pairs) {
      this.#local.pairs.add(...pair)
      this.#try(() => observer.onPair(...pair))
    }
    if (failure === false) return
    const session = sessionId === undefined ? undefined : this.#sessions.get(sessionId)
    const isLost = failure === 'fenced' || failure === 'unknown'
    if (!isLost) onError(new Error(`Redis could not handle ${name}: ${failure}`))
    else if (session && !session.isLeaving && name !== 'restate') void this.#restate(session)
  }

  /** Brings Redis and this node together again about all sessions, one after the other. */
  async #restateAll(): Promise<void> {
    const number = ++this.#restatement
    for (const session of this.#sessions.values()) {
      if (number !== this.#restatement || !this.#commands.isOpen) return
      if (!session.isLeaving) await this.#restate(session)
    }
  }

  /**
   * States a session again. If it is being stated already, states it once more afterwards, because a second statement
   * with the former epoch would be refused.
   */
  async #restate(session: RedisSession): Promise<void> {
    if (session.isStated !== undefined) {
      session.isStated = false
      return
    }
    do {
      session.isStated = true
      await this.#stateOnce(session)
    } while (!session.isStated && this.#sessions.get(session.id) === session)
    session.isStated = undefined
  }

  #stateOnce(session: RedisSession): Promise<void> {
    return new Promise((resolve) => {
      this.#send(session.statement(), ([failure, , , result]) => {
        if (failure === false) session.handleRestated(result as Restated)
        else if (failure === 'fenced') {
          session.handleLost()
          this.#context.forget(session)
        }
        resolve()
      })
    })
  }

  #deliver(event: StoredEvent): void {
    if (event.n !== this.#dependencies.nodeId) this.#messages.post(event.n, event)
    else if (event.type === 'released') this.#releases.get(event.s)?.()
    else if (event.type === 'paused') this.#sessions.get(event.s)?.handlePaused()
    else if (event.type === 'pause') {
      this.#sessions.get(event.s)?.handlePause(event.room)
      // The answer follows all frames that were sent before.
      this.#deliver({ type: 'paused', s: event.by, n: event.node, g: 0 })
    } else if (event.type === 'release')
      this.#try(() => this.#sessions.get(event.s)?.handleTaken(event.to))
    else this.#try(() => this.#sessions.get(event.s)?.handleEvent(event))
  }

  #try(act: () => void): void {
    attempt(act, this.#dependencies.onError)
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

/** Creates the engine of a node, which receives the messages of the other nodes. */
export function connectEngine(
  client: Pick<RedisClient, 'link' | 'onUp' | 'onDown'>,
  dependencies: Omit<RedisEngineDependencies, 'link'>,
  prefix: string,
): RedisEngine {
  const { nodeId } = dependencies
  const link = client.link({
    prefix,
    nodeId,
    onMessage: (payload) => engine.handleMessage(payload),
  })
  const engine: RedisEngine = new RedisEngine({ ...dependencies, link })
  client.onUp(() => engine.handleConnected())
  client.onDown(() => engine.handleDisconnected())
  return engine
}
