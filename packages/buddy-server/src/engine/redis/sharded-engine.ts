import type {
  Adopted,
  Engine,
  EngineListener,
  EngineSession,
  PairKind,
  SessionProfile,
} from '../engine.ts'
import type { NoPlace, PlaceLimits } from '../places.ts'
import type { RedisEngine } from './redis-engine.ts'
import { shardIndexOf } from './shard.ts'

/** The engine of one shard, which knows nothing of the others. */
type ShardEngine = Engine & Pick<RedisEngine, 'load' | 'sessionsAt'>

/** The dependencies of {@link ShardedEngine}. */
export interface ShardedEngineDependencies {
  /** The number of shards. */
  readonly count: number
  /** Returns the keys of the sites. */
  readonly sites: () => Iterable<string>
  /** Returns how many rooms the service may have. */
  readonly maxRooms: () => number
  /** Creates the engine of a shard. `maxRooms` returns how many rooms it may have. */
  readonly createEngine: (index: number, maxRooms: () => number) => ShardEngine
}

/**
 * The engine of a service whose sites are divided among shards. A session is in the shard of its site from its
 * beginning to its end, so each command still concerns one shard, which decides it in one step. If a shard does not
 * answer, only its sites wait. The bans are in shard 0, and every node has them in its memory.
 */
export class ShardedEngine implements Engine {
  readonly hasOtherNodes = true
  readonly bans: Engine['bans']
  readonly pairs: Engine['pairs']
  readonly #dependencies: ShardedEngineDependencies
  readonly #engines: readonly ShardEngine[]
  /** The shards that have sites. */
  #inUse: ReadonlySet<number>
  /** How many rooms each shard could have at its latest command. */
  readonly #limits: number[] = []

  constructor(dependencies: ShardedEngineDependencies) {
    const { count, createEngine } = dependencies
    this.#dependencies = dependencies
    this.#inUse = this.#findInUse()
    this.#engines = Array.from({ length: count }, (_, index) =>
      createEngine(index, () => this.#roomsFor(index)),
    )
    this.bans = this.#first.bans
    this.pairs = {
      // The key of a person does not say at which site the person is.
      add: (kind: PairKind, one: string, other: string, untilMs: number) => {
        for (const engine of this.#engines) engine.pairs.add(kind, one, other, untilMs)
      },
      note: (...pair) => {
        for (const engine of this.#engines) engine.pairs.note(...pair)
      },
    }
  }

  /** Whether at least one shard answers. A load balancer must not take a node away from the sites of the others. */
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
    return this.#of(site).usersOf(site)
  }

  /**
   * The sessions of an address are counted in all shards that have sites, but not in one step. So sessions that begin
   * at the same time at sites of different shards may exceed the limit of the address.
   */
  async admit(profile: SessionProfile, limits: PlaceLimits): Promise<NoPlace | undefined> {
    const home = this.#of(profile.site)
    const others = this.#engines.filter((each, index) => each !== home && this.#inUse.has(index))
    if (others.length === 0 || !Number.isFinite(limits.maxOfAddress)) {
      return home.admit(profile, limits)
    }
    const numbers = await Promise.all(others.map((each) => each.sessionsAt(profile.addressKey)))
    const elsewhere = numbers.reduce((sum, number) => sum + number, 0)
    return home.admit(profile, { ...limits, maxOfAddress: limits.maxOfAddress - elsewhere })
  }

  cancel(sessionId: string): void {
    for (const engine of this.#engines) engine.cancel(sessionId)
  }

  join(profile: SessionProfile, listener: EngineListener, isRestored: boolean): EngineSession {
    return this.#of(profile.site).join(profile, listener, isRestored)
  }

  adopt(sessionId: string, site: string): Promise<Adopted | undefined> {
    return this.#of(site).adopt(sessionId, site)
  }

  confirm(sessionId: string, isDoubtful: boolean): Promise<void> | undefined {
    for (const engine of this.#engines) {
      const confirmed = engine.confirm(sessionId, isDoubtful)
      if (confirmed) return confirmed
    }
    return undefined
  }

  async reload(): Promise<void> {
    this.#inUse = this.#findInUse()
    await Promise.all(this.#engines.map((engine) => engine.reload()))
  }

  async sweep(awayMs: number): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.sweep(awayMs)))
  }

  drain(): void {
    for (const engine of this.#engines) engine.drain()
  }

  async close(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()))
  }

  /** Resolves when this node knows the bans of the others, or when they cannot be read now. */
  load(): Promise<void> {
    return this.#first.load()
  }

  get #first(): ShardEngine {
    return this.#engines[0]!
  }

  #findInUse(): ReadonlySet<number> {
    const { count, sites } = this.#dependencies
    return new Set([...sites()].map((site) => shardIndexOf(site, count)))
  }

  #of(site: string): ShardEngine {
    return this.#engines[shardIndexOf(site, this.#engines.length)]!
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
