import type { Clock } from '../../clock.ts'
import type { Adopted, Engine, EngineListener, EngineSession, SessionProfile } from '../engine.ts'
import type { NoPlace, PlaceLimits } from '../places.ts'
import { locateSession } from './locate-session.ts'
import type { RedisEngine } from './redis-engine.ts'
import type { RedisSessionContext } from './redis-session.ts'
import { shardIndexOf } from './shard.ts'
import type { ShardedSessionContext } from './sharded-session.ts'
import { ShardedSession } from './sharded-session.ts'

type SendBlock = RedisSessionContext['sendBlock']

/** The dependencies of {@link ShardedEngine}. */
export interface ShardedEngineDependencies {
  /** The number of shards. */
  readonly count: number
  readonly clock: Pick<Clock, 'after'>
  /** Returns milliseconds since 1970. */
  readonly wallNow: () => number
  /** Returns how long a block holds, in milliseconds. */
  readonly blockMs: () => number
  /** Returns how many rooms the service may have. */
  readonly maxRooms: () => number
  /**
   * Creates the engine of a shard.
   * @param given how many rooms it may have, and where it sends blocks
   */
  readonly createEngine: (
    index: number,
    given: { readonly maxRooms: () => number; readonly sendBlock?: SendBlock },
  ) => RedisEngine
}

/** How often the shards are asked at most for a session that moves to another shard meanwhile. */
const maxSearches = 3

/**
 * The engine of a service whose lobbies are divided among shards. A session is in the shard of its latest ticket, so
 * each command still concerns one shard, which decides it in one step. If a shard does not answer, only its lobbies
 * wait. The bans are in shard 0, and every node has them in its memory.
 */
export class ShardedEngine implements Engine {
  readonly hasOtherNodes = true
  readonly bans: Engine['bans']
  readonly pairs: Engine['pairs']
  readonly #dependencies: ShardedEngineDependencies
  readonly #engines: readonly RedisEngine[]
  /** The sessions of this node. */
  readonly #sessions = new Map<string, ShardedSession>()
  readonly #sessionContext: ShardedSessionContext
  #isClosed = false
  /** How many rooms each shard could have at its latest command. */
  readonly #limits: number[] = []

  constructor(dependencies: ShardedEngineDependencies) {
    const { count, createEngine, clock } = dependencies
    this.#dependencies = dependencies
    const sendBlock: SendBlock = (...block) => this.#sendBlock(...block)
    this.#engines = Array.from({ length: count }, (_, index) =>
      createEngine(index, { maxRooms: () => this.#roomsFor(index), sendBlock }),
    )
    this.#sessionContext = {
      clock,
      shards: this.#engines,
      onGone: (session) => {
        if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id)
      },
    }
    this.bans = this.#first.bans
    this.pairs = {
      // The keys do not contain the lobbies of the two people, so all shards need the pair.
      add: (...pair) => {
        for (const engine of this.#engines) engine.pairs.add(...pair)
      },
      note: (...pair) => {
        for (const engine of this.#engines) engine.pairs.note(...pair)
      },
    }
  }

  /** Whether at least one shard answers. A load balancer must not take a node away from the lobbies of the others. */
  get isUp(): boolean {
    return this.#engines.some((engine) => engine.isUp)
  }

  /** The shards that do not answer. */
  get downShards(): readonly number[] {
    return [...this.#engines.keys()].filter((index) => !this.#engines[index]!.isUp)
  }

  get counts(): Engine['counts'] {
    const sum = { waiting: 0, rooms: 0, users: 0 }
    for (const { counts } of this.#engines) {
      sum.waiting += counts.waiting
      sum.rooms += counts.rooms
      sum.users += counts.users
    }
    return sum
  }

  /** The nodes as the first shard that answers knows them. Every node is in every shard. */
  get nodes(): Engine['nodes'] {
    return (this.#engines.find((engine) => engine.isUp) ?? this.#first).nodes
  }

  usersOf(site: string): number {
    return this.#engines.reduce((sum, engine) => sum + engine.usersOf(site), 0)
  }

  /**
   * The sessions of an address and of a site are counted in all shards, but not in one step. So sessions that begin or
   * move at the same time may exceed the limit.
   */
  async admit(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined> {
    const { sessionId } = profile.seat
    const { maxOfSite, maxOfAddress } = limits
    const at = this.#sessions.get(sessionId)?.shardIndex ?? this.#startOf(profile).index
    const engine = this.#engines[at]!
    if (!Number.isFinite(maxOfSite) && !Number.isFinite(maxOfAddress)) {
      return engine.admit(profile, limits)
    }
    const others = this.#engines.filter((other) => other !== engine)
    const place = { site: profile.site, addressKey: profile.addressKey }
    const numbers = await Promise.all(others.map((other) => other.sessionsAt(place)))
    const elsewhere = numbers.reduce((sum, number) => ({
      ofSite: sum.ofSite + number.ofSite,
      ofAddress: sum.ofAddress + number.ofAddress,
    }))
    return engine.admit(profile, {
      maxOfSite: maxOfSite - elsewhere.ofSite,
      maxOfAddress: maxOfAddress - elsewhere.ofAddress,
    })
  }

  cancel(sessionId: string): void {
    if (this.#sessions.has(sessionId)) return
    for (const engine of this.#engines) engine.cancel(sessionId)
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    const start = this.#startOf(profile)
    const context = this.#sessionContext
    const session = new ShardedSession(profile, listener, isRestored, start, context)
    this.#sessions.set(session.id, session)
    return session
  }

  /** All shards are asked, because the caller does not know the lobby. Shards without the session need not answer. */
  async adopt(
    sessionId: string,
    site: string,
    welcomes: number,
  ): Promise<Adopted | 'elsewhere' | undefined> {
    for (let search = 0; search < maxSearches; search++) {
      const { clock } = this.#dependencies
      const { found, lost, hasEnded, isOutOfDate, isUncertain } = await locateSession(
        sessionId,
        welcomes,
        this.#engines,
        clock,
      )
      // This node can no longer continue a session that it takes over.
      if (this.#isClosed) throw new Error('this server stops, and asks Redis for no session')
      const [latest, ...former] = found
      if (!latest && isOutOfDate) return 'elsewhere'
      if (!latest && hasEnded) return undefined
      if (!latest) {
        if (isUncertain)
          throw new Error('a shard of Redis does not know yet whether it has the session')
        return lost.length === 0
          ? undefined
          : this.#engines[lost[0]!]!.adopt(sessionId, site, welcomes)
      }
      const adopted = await this.#engines[latest.index]!.adopt(sessionId, site, welcomes)
      if (adopted === 'elsewhere') return adopted
      if (adopted) {
        for (const { index } of former) this.#engines[index]!.evict(sessionId, latest.epoch)
        return adopted
      }
      // The session has moved to another shard meanwhile, or has ended.
    }
    throw new Error('the session moves from shard to shard')
  }

  confirm(sessionId: string, welcomes: number): Promise<void> | undefined {
    // During a move, two shards have the session.
    const confirmed = this.#engines
      .map((engine) => engine.confirm(sessionId, welcomes))
      .filter((each) => each !== undefined)
    return confirmed.length === 0 ? undefined : Promise.all(confirmed).then(() => undefined)
  }

  async reload(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.reload()))
  }

  async sweep(awayMs: number): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.sweep(awayMs)))
  }

  drain(): void {
    for (const engine of this.#engines) engine.drain()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#engines.map((engine) => engine.close()))
  }

  /** Resolves when this node knows the bans of the others, or when they cannot be read now. */
  load(): Promise<void> {
    return this.#first.load()
  }

  get #first(): RedisEngine {
    return this.#engines[0]!
  }

  /** Returns the shard where a session begins: the one where this node has taken it over, or that of its site. */
  #startOf({ seat, site }: SessionProfile): { index: number; isTakenOver: boolean } {
    const adoptions = this.#engines.map((engine) => engine.adoptionOf(seat.sessionId)?.epoch ?? 0)
    const epoch = Math.max(...adoptions)
    if (epoch === 0)
      return { index: shardIndexOf(site, '', this.#engines.length), isTakenOver: false }
    const index = adoptions.indexOf(epoch)
    const { taken } = this.#engines[index]!.adoptionOf(seat.sessionId)!
    return { index, isTakenOver: taken !== undefined }
  }

  /**
   * Sends a block to all shards, because both people may go to any lobby. The shard of the lobby where they have met
   * answers with the partner's profile.
   */
  #sendBlock(...[{ site, lobby }, command, handleAnswer]: Parameters<SendBlock>): void {
    const { wallNow, blockMs } = this.#dependencies
    const [one, other] = [String(command['k']), String(command['partnerKey'])]
    const untilMs = wallNow() + blockMs()
    const at = shardIndexOf(site, lobby, this.#engines.length)
    // Two sessions of the same person do not block each other.
    const isPair = other !== '' && other !== one
    for (const [index, engine] of this.#engines.entries()) {
      if (index === at) engine.sendBlock(command, handleAnswer)
      else if (isPair) engine.pairs.add('blocked', one, other, untilMs)
    }
    if (isPair) this.#engines[at]!.pairs.note('blocked', one, other, untilMs)
  }

  /** Returns how many rooms a shard may have: those that the others do not have, as far as this node knows. */
  #roomsFor(index: number): number {
    const { rooms: all } = this.counts
    const engine = this.#engines[index]!
    const { rooms: own } = engine.counts
    const limit = Math.max(0, this.#dependencies.maxRooms() - (all - own))
    const wasFull = own >= (this.#limits[index] ?? Infinity)
    this.#limits[index] = limit
    // Rooms of other shards have ended, so tickets of this one can be matched.
    if (wasFull && own < limit) queueMicrotask(() => void engine.reload())
    return limit
  }
}
