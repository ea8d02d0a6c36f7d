import { packValue, unpackValue } from '../../codec.ts'
import type { Adopted, Engine, EngineListener, EngineSession, SessionProfile } from '../engine.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import type { Room } from '../room.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisSessionContext } from './redis-session.ts'
import { RedisSession } from './redis-session.ts'
import type { Answer, CallAnswer, Configuration, NodeMessage, StoredEvent } from './wire.ts'

/** The dependencies of {@link RedisEngine}. */
export interface RedisEngineDependencies extends EngineDependencies {
  readonly link: RedisLink
  /** The id of this node, which no other node has or had. */
  readonly nodeId: string
  /** Returns how long a session outlives its connection. */
  readonly graceMs: () => number
  /** Returns how many bytes of frames are kept for a session without a node. */
  readonly maxHeldBytes: () => number
  /** Returns the time that Redis uses, in milliseconds. @default Redis uses its own clock */
  readonly redisNow?: () => number
}

/** How long `close` waits for Redis, in milliseconds. */
const closeTimeoutMs = 1000
/** Maximum number of commands in one call, so that no call occupies Redis for long. */
const maxCommands = 32

/** How long a node has to release a session that another one takes over, in milliseconds. */
const releaseTimeoutMs = 1000

/** A session that was taken over must join within this time, in milliseconds. */
const joinTimeoutMs = 5000

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

interface Pending {
  readonly command: object
  readonly handleAnswer: ((answer: Answer) => void) | undefined
}

/**
 * The engine of a service with several nodes. The queue and the rooms are in Redis, where a function decides each
 * command in one step. A node sends the commands of its sessions, and relays frames to the other nodes.
 */
export class RedisEngine implements Engine {
  readonly hasOtherNodes = true
  readonly bans: Engine['bans']
  readonly pairs: Engine['pairs']
  readonly #dependencies: RedisEngineDependencies
  readonly #sessions = new Map<string, RedisSession>()
  readonly #context: RedisSessionContext
  /** The epochs of sessions that this node has taken over, until they join. */
  readonly #adopted = new Map<string, number>()
  /** Called when the former node has released a session. */
  readonly #releases = new Map<string, () => void>()
  /** Resolves when the latest message has been sent, and so all earlier ones too. */
  #latestMessage: Promise<void> = Promise.resolve()
  /** Whether the other nodes know this one. */
  #isKnown = false
  #isClosed = false
  #pending: Pending[] = []
  #outgoing = new Map<string, NodeMessage[number][]>()
  #isFlushScheduled = false
  #counts: Engine['counts'] = { waiting: 0, rooms: 0 }
  /** When the counts were received, in milliseconds on the process's clock. */
  answeredAt = 0

  constructor(dependencies: RedisEngineDependencies) {
    this.#dependencies = dependencies
    const { nodeId, clock, createId, scheduleOf, restoreLeftMs, graceMs, observer } = dependencies
    this.bans = dependencies.bans
    this.pairs = {
      add: (kind, one, other, untilMs) => this.#send({ c: 'pair', kind, one, other, untilMs }),
    }
    this.#context = {
      nodeId,
      clock,
      createId,
      scheduleOf,
      restoreLeftMs,
      graceMs,
      observer,
      send: (command, handleAnswer) => this.#send(command, handleAnswer),
      relay: (node, sessionId, roomId, frame) => this.#relay(node, sessionId, roomId, frame),
      forget: (session) => {
        if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id)
      },
      onReleased: (s, by) => this.#post(by, { type: 'released', s, n: by, g: 0 }),
      rooms: new Map<string, Room>(),
    }
  }

  get counts(): Engine['counts'] {
    return this.#counts
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    const { sessionId } = profile.seat
    const epoch = this.#adopted.get(sessionId)
    this.#adopted.delete(sessionId)
    const session = new RedisSession(profile, listener, isRestored, epoch, this.#context)
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

  /** Tells the other nodes from now on that this one lives, and takes note of those that do not. */
  start(): void {
    this.#beat()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const { nodeId, clock } = this.#dependencies
    const farewell = new Promise<void>((resolve) =>
      this.#send({ c: 'bye', n: nodeId }, () => resolve()),
    )
    // Redis may not answer.
    const late = new Promise<void>((resolve) => clock.after(closeTimeoutMs, resolve))
    await Promise.race([farewell.then(() => this.#sendLast()), late])
  }

  /** Sends the messages that the latest answers have caused. */
  async #sendLast(): Promise<void> {
    this.#flush()
    await this.#latestMessage
  }

  /** Handles a message from another node. */
  handleMessage(payload: Uint8Array): void {
    for (const item of unpackValue(payload) as NodeMessage) {
      if (isFrame(item)) {
        const [sessionId, roomId, { buffer, byteOffset, byteLength }] = item
        const frame = new Uint8Array(buffer, byteOffset, byteLength)
        this.#try(() => this.#sessions.get(sessionId)?.handleFrame(roomId, frame))
      } else this.#deliver(item)
    }
  }

  #beat(): void {
    const { nodeId, graceMs, clock } = this.#dependencies
    const command = {
      c: 'beat',
      n: nodeId,
      isKnown: this.#isKnown,
      deadMs: deadAfterMs,
      graceMs: graceMs(),
    }
    this.#send(command, ([failure, , , result]) => {
      this.#isKnown = failure === false
      if (failure === 'fenced') this.#loseAll()
      const { isMore = false } = (result || {}) as { readonly isMore?: boolean }
      if (!this.#isClosed) clock.after(isMore ? 1 : beatIntervalMs, () => this.#beat())
    })
  }

  /** The other nodes have declared this one dead, so its sessions are no longer its own. */
  #loseAll(): void {
    for (const session of this.#sessions.values()) this.#try(() => session.handleLost())
    this.#sessions.clear()
  }

  async #takeOver(sessionId: string, isForced: boolean): Promise<TakeOver> {
    const { nodeId, graceMs } = this.#dependencies
    const command = { c: 'adopt', s: sessionId, n: nodeId, isForced, graceMs: graceMs() }
    return new Promise((resolve) =>
      this.#send(command, ([, , , result]) => resolve(result as TakeOver)),
    )
  }

  #toAdopted(sessionId: string, result: TakeOver): Adopted | undefined {
    if (result.state !== 'taken') return undefined
    const { epoch } = result
    const { nodeId, graceMs, clock } = this.#dependencies
    this.#adopted.set(sessionId, epoch)
    clock.after(joinTimeoutMs, () => {
      if (this.#adopted.get(sessionId) !== epoch) return
      this.#adopted.delete(sessionId)
      // The client was refused, or has gone.
      const nothing = { frames: [], first: 1, received: 0, graceMs: graceMs() }
      this.#send({ c: 'release', s: sessionId, n: nodeId, e: epoch, ...nothing })
    })
    const frames = result.frames.map(([number, frame]) => ({
      sentBefore: number === 0 ? undefined : number - 1,
      frame: new Uint8Array(Buffer.from(frame, 'base64')),
    }))
    return { frames, received: result.received }
  }

  #newId(): string {
    return this.#dependencies.createId()
  }

  #send(command: object, handleAnswer?: (answer: Answer) => void): void {
    this.#pending.push({ command, handleAnswer })
    this.#schedule()
  }

  #relay(nodeId: string, sessionId: string, roomId: string, frame: Uint8Array): void {
    if (nodeId === this.#dependencies.nodeId) {
      this.#try(() => this.#sessions.get(sessionId)?.handleFrame(roomId, frame))
    } else this.#post(nodeId, [sessionId, roomId, frame])
  }

  #post(nodeId: string, item: NodeMessage[number]): void {
    const items = this.#outgoing.get(nodeId)
    if (items) items.push(item)
    else this.#outgoing.set(nodeId, [item])
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushScheduled = false
    const outgoing = this.#outgoing
    this.#outgoing = new Map()
    for (const [nodeId, items] of outgoing) this.#publish(nodeId, items)
    const pending = this.#pending
    this.#pending = []
    for (let from = 0; from < pending.length; from += maxCommands) {
      this.#call(pending.slice(from, from + maxCommands))
    }
  }

  /** Sends items to a node. If no node receives them, keeps the frames in Redis. */
  #publish(nodeId: string, items: readonly NodeMessage[number][]): void {
    const { link, onError } = this.#dependencies
    const sent = nodeId === '' ? Promise.resolve(false) : link.publish(nodeId, packValue(items))
    this.#latestMessage = sent.then(
      (isReceived) => {
        if (!isReceived) for (const item of items) if (isFrame(item)) this.#hold(nodeId, item)
      },
      (error: unknown) => onError(error),
    )
  }

  /** Keeps a frame for a session whose node has not received it. */
  #hold(to: string, [partner, room, frame]: FrameItem): void {
    const maxBytes = this.#dependencies.maxHeldBytes()
    const frames = [Buffer.from(frame).toString('base64')]
    this.#send({ c: 'hold', partner, room, to, frames, maxBytes }, ([, , , node]) => {
      // Another node has the session now.
      if (typeof node === 'string') this.#relay(node, partner, room, frame)
    })
  }

  #call(batch: readonly Pending[]): void {
    const { redisNow, link, onError } = this.#dependencies
    const payload = packValue({
      ...(redisNow && { now: redisNow() }),
      cfg: this.#configuration(),
      commands: batch.map(({ command }) => command),
    })
    link.call(payload).then(
      (reply) => this.#handleAnswers(batch, unpackValue(reply) as CallAnswer),
      (error: unknown) => onError(error),
    )
  }

  #handleAnswers(batch: readonly Pending[], [[waiting, rooms], answers]: CallAnswer): void {
    this.#counts = { waiting, rooms }
    this.answeredAt = performance.now()
    const { onError, observer } = this.#dependencies
    for (const [index, answer] of answers.entries()) {
      const [failure, events, pairs] = answer
      if (failure !== false) onError(new Error(`Redis: ${failure}`))
      for (const event of events) this.#deliver(event)
      for (const pair of pairs) this.#try(() => observer.onPair(...pair))
      this.#try(() => batch[index]?.handleAnswer?.(answer))
    }
  }

  #deliver(event: StoredEvent): void {
    if (event.n !== this.#dependencies.nodeId) this.#post(event.n, event)
    else if (event.type === 'released') this.#releases.get(event.s)?.()
    else if (event.type === 'release')
      this.#try(() => this.#sessions.get(event.s)?.handleTaken(event.to))
    else this.#try(() => this.#sessions.get(event.s)?.handleEvent(event))
  }

  #try(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#dependencies.onError(error)
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
      ...fairLimits(),
    }
  }
}

type FrameItem = readonly [sessionId: string, roomId: string, frame: Uint8Array]

function isFrame(item: NodeMessage[number]): item is FrameItem {
  return Array.isArray(item)
}

/** Creates the engine of a node, which receives the messages of the other nodes. */
export function connectEngine(
  client: Pick<RedisClient, 'link' | 'onReady'>,
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
  client.onReady(() => engine.start())
  return engine
}
