import type { Adopted, Engine, EngineListener, SessionProfile } from '../engine.ts'
import type { Encounters } from '../memory/encounters.ts'
import type { Place } from '../places.ts'
import type { SessionNumbers } from './admissions.ts'
import type { Command } from './command-queue.ts'
import { configurationOf } from './engine-configuration.ts'
import type { RedisEngineDependencies } from './engine-parts.ts'
import { EngineParts } from './engine-parts.ts'
import type { RedisBans } from './redis-bans.ts'
import type { ShardArrival } from './redis-session.ts'
import { RedisSession } from './redis-session.ts'
import type { Adoption, Answer, Location } from './wire.ts'

/** How long `close` waits for Redis, in milliseconds. */
const closeTimeoutMs = 1000
/** How long a client waits until its session is confirmed, in milliseconds. Then it is continued all the same. */
const confirmTimeoutMs = 1000

/**
 * The engine of a service with several nodes. The queue and the rooms are in Redis, where a function decides each
 * command in one step. A node sends the commands of its sessions, and relays frames to the other nodes.
 */
export class RedisEngine implements Engine {
  readonly hasOtherNodes = true
  readonly bans: RedisBans
  readonly pairs: Engine['pairs']
  readonly #dependencies: RedisEngineDependencies
  readonly #parts: EngineParts

  constructor(dependencies: RedisEngineDependencies) {
    this.#dependencies = dependencies
    this.#parts = new EngineParts(dependencies)
    this.bans = this.#parts.bans
    this.pairs = this.#parts.pairs
  }

  get counts(): Engine['counts'] {
    return this.#parts.counts
  }

  /** When the counts were received, in milliseconds on the process's clock. */
  get answeredAt(): number {
    return this.#parts.answeredAt
  }

  get nodes(): Engine['nodes'] {
    return this.#parts.life.nodes
  }

  usersOf(site: string): number {
    return this.#parts.life.usersOf(site)
  }

  admit(...session: Parameters<Engine['admit']>): ReturnType<Engine['admit']> {
    return this.#parts.admissions.admit(...session)
  }

  /** Resolves with the numbers of sessions of an address and of a site; 0 if Redis does not answer soon. */
  sessionsAt(place: Place): Promise<SessionNumbers> {
    return this.#parts.admissions.sessionsAt(place)
  }

  cancel(sessionId: string): void {
    this.#parts.admissions.cancel(sessionId)
  }

  /** @param arrival what the session brings along from another shard */
  join(
    profile: SessionProfile,
    listener: EngineListener,
    isRestored: boolean,
    arrival?: ShardArrival,
  ): RedisSession {
    const adopted = this.#parts.takeovers.take(profile.seat.sessionId)
    const adoption = arrival?.epoch === undefined ? adopted : undefined
    const { context } = this.#parts
    const session = new RedisSession(profile, listener, isRestored, adoption, context, arrival)
    this.#parts.sessions.set(session.id, session)
    return session
  }

  /** Adds the recent partners of a session that comes from another shard. They are lost if Redis does not answer. */
  addMet(personKey: string, encounters: Encounters): void {
    const { clock, wallNow } = this.#dependencies
    const { avoidMs } = configurationOf(this.#dependencies)
    const recent = encounters.recent(clock.now(), avoidMs)
    const met = recent.map(({ personKey: other, agoMs }): [string, number] => [
      other,
      wallNow() - agoMs + avoidMs,
    ])
    if (met.length === 0) return
    for (const [other, untilMs] of met) this.pairs.note('met', personKey, other, untilMs)
    this.#parts.send({ c: 'met', k: personKey, met })
  }

  /** Sends a block, and sends it again if Redis does not answer. */
  sendBlock(command: Command, handleAnswer: (answer: Answer) => void): void {
    this.#parts.send(command, handleAnswer, true)
  }

  /**
   * Resolves with whether this shard has a session; undefined if Redis does not answer.
   * @param welcomes how many welcomes the client knows of
   */
  async locate(sessionId: string, welcomes: number): Promise<Location | undefined> {
    const { graceMs } = this.#dependencies
    const command = { c: 'locate', s: sessionId, welcomes, graceMs: graceMs() }
    const found = await this.#parts.request(command)
    return found as Location | undefined
  }

  /** Returns what is known of a session that this node has taken over and that has not joined; undefined otherwise. */
  adoptionOf(sessionId: string): Adoption | undefined {
    return this.#parts.takeovers.find(sessionId)
  }

  /** Ends a session in this shard that this node has taken over in another one, with this epoch. */
  evict(sessionId: string, epoch: number): void {
    const { nodeId } = this.#dependencies
    this.#parts.send({ c: 'evict', s: sessionId, n: nodeId, e: epoch }, undefined, true)
  }

  /** A restored session claims no room of this shard. */
  disclaim(sessionId: string): void {
    this.#parts.send({ c: 'disclaim', s: sessionId })
  }

  adopt(
    sessionId: string,
    _site: string,
    welcomes: number,
  ): Promise<Adopted | 'elsewhere' | undefined> {
    return this.#parts.takeovers.adopt(sessionId, welcomes)
  }

  confirm(sessionId: string, welcomes: number): Promise<void> | undefined {
    const { sessions, life, restatements } = this.#parts
    const session = sessions.get(sessionId)
    if (!session || session.isLeaving) return undefined
    if (session.welcomes < welcomes) {
      this.#parts.lose(session)
      return undefined
    }
    const isCertain = life.isCertain && !restatements.isStatingAll
    if (isCertain || !this.isUp) return undefined
    return new Promise((resolve) => {
      const cancel = this.#dependencies.clock.after(confirmTimeoutMs, resolve)
      void restatements.state(session).then(() => {
        cancel()
        resolve()
      })
    })
  }

  async reload(): Promise<void> {
    let isMore: unknown
    do isMore = await this.#parts.request({ c: 'freed', room: this.#newId() })
    while (isMore === true)
  }

  async sweep(awayMs: number): Promise<void> {
    let count: unknown
    do count = await this.#parts.request({ c: 'sweep', awayMs, room: this.#newId() })
    while (typeof count === 'number' && count > 0)
  }

  drain(): void {
    this.#parts.life.drain()
  }

  async close(): Promise<void> {
    const { life, takeovers, leaving } = this.#parts
    life.close()
    takeovers.close()
    const farewell = Promise.all(leaving).then(() => life.leave())
    // Redis may not answer.
    const late = new Promise<void>((resolve) =>
      this.#dependencies.clock.after(closeTimeoutMs, resolve),
    )
    await Promise.race([farewell.then(() => this.#untilSent()), late])
    this.bans.close()
  }

  async #untilSent(): Promise<void> {
    await this.#parts.relay.untilAnswered()
    await this.#parts.messages.untilSent()
  }

  /** Resolves when this node knows the bans of the others, or when they cannot be read now. */
  load(): Promise<void> {
    return this.bans.load()
  }

  get isUp(): boolean {
    return this.#parts.commands.isOpen
  }

  /**
   * Call this when Redis no longer answers. Rooms whose sessions are both at this node continue; everything else
   * waits.
   */
  handleDisconnected(): void {
    this.#parts.commands.close()
  }

  /** Call this when Redis answers again. It may have lost messages, or all its data. */
  handleConnected(): void {
    const { local, commands, messages, relay, life, restatements } = this.#parts
    local.clear()
    commands.open()
    messages.flush()
    relay.resume()
    life.beat()
    void restatements.stateAll(life.check())
  }

  /** Handles a message from another node. */
  handleMessage(payload: Uint8Array): void {
    this.#parts.messages.handleMessage(payload)
  }

  #newId(): string {
    return this.#dependencies.createId()
  }
}
