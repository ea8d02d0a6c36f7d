import type { ResolvedServerOptions } from './config/server-settings.ts'
import type { Log } from './operations/log/create-log.ts'
import type { RedisLogLink } from './safety/redis-log-link.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineDependencies } from './engine/memory/memory-engine.ts'
import { connectEngine } from './engine/redis/connect-engine.ts'
import type { RedisEngineDependencies } from './engine/redis/engine-parts.ts'
import type { RedisState } from './engine/redis/redis-client.ts'
import { RedisClient } from './engine/redis/redis-client.ts'
import type { RedisEngine } from './engine/redis/redis-engine.ts'
import type { Shard } from './engine/redis/shard.ts'
import { shardsOf } from './engine/redis/shard.ts'
import { ShardedEngine } from './engine/redis/sharded-engine.ts'

/** The dependencies of {@link RedisService}. */
export interface RedisServiceDependencies extends Pick<
  RedisEngineDependencies,
  'nodeId' | 'report' | 'onDataLost'
> {
  /** Returns the present settings. Those of the connection do not change. */
  readonly settings: () => ResolvedServerOptions
  readonly log: Pick<Log, 'info' | 'error'>
  /**
   * Called if Redis answers only after {@link RedisService.connect} has resolved, and other servers use another number
   * or order of shards. Then this server must stop.
   */
  readonly onRefused: (error: Error) => void
}

/**
 * What a server uses of Redis: its connections, its engine, and the log of reports and decisions. With several shards,
 * each has connections of its own, and so has the log, so that each works while the others do not.
 */
export class RedisService {
  readonly #dependencies: RedisServiceDependencies
  readonly #clients: readonly RedisClient[]
  readonly #logClient: RedisClient
  #engine: RedisEngine | ShardedEngine | undefined

  /** @throws RedisError if the URL cannot be used */
  constructor(dependencies: RedisServiceDependencies) {
    this.#dependencies = dependencies
    const shards = shardsOf(dependencies.settings().redisShards)
    this.#clients = shards.map((shard) => this.#createClient(shard, { shard: shard.index }))
    const [first] = this.#clients
    this.#logClient =
      shards.length === 1 ? first! : this.#createClient(shards[0]!, { shard: 'reports' })
  }

  /** The shards that do not answer. Empty for a service with one shard. */
  get downShards(): readonly number[] {
    return this.#engine instanceof ShardedEngine ? this.#engine.downShards : []
  }

  /** Creates the engine, which works as soon as Redis answers. */
  createEngine(given: EngineDependencies): Engine {
    const { settings, nodeId, report, onDataLost } = this.#dependencies
    const createOne = (
      index: number,
      parts: Pick<RedisEngineDependencies, 'maxRooms' | 'sendBlock'>,
    ): RedisEngine =>
      connectEngine(
        this.#clients[index]!,
        {
          ...given,
          ...parts,
          nodeId,
          graceMs: () => settings().resumeGraceMs,
          maxHeldBytes: () => settings().maxResumeBytes,
          isLocalAllowed: () => settings().redisDown === 'local',
          onDataLost,
          report,
        },
        settings().redisPrefix,
      )
    const count = this.#clients.length
    this.#engine =
      count === 1
        ? createOne(0, given)
        : new ShardedEngine({ ...given, count, createEngine: createOne })
    return this.#engine
  }

  /** Whether Redis can be used now, and why not. With several shards, it can if all can. */
  get state(): RedisState {
    const states = [...this.#all].map(({ state }) => state)
    const down = states.find(({ isUp }) => !isUp)
    return {
      ...(down ?? states[0]!),
      downShards: this.downShards,
      outages: states.reduce((sum, { outages }) => sum + outages, 0),
    }
  }

  /** Returns the access of the log that all servers share. */
  logLink(): RedisLogLink {
    return this.#logClient.logLink()
  }

  /**
   * Connects, and reads the bans of the other servers. Resolves also if Redis does not answer now.
   * @throws RedisError if the certificate cannot be read; RedisShardsError if other servers use another number of shards
   *   or another order of servers
   */
  async connect(): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.connect()))
    // A banned person must not be admitted because this node has just started.
    await this.#engine?.load()
  }

  close(): void {
    for (const client of this.#all) client.close()
  }

  get #all(): ReadonlySet<RedisClient> {
    return new Set([...this.#clients, this.#logClient])
  }

  #createClient(shard: Shard, fields: object): RedisClient {
    const { settings, log, onRefused } = this.#dependencies
    const { redisUrl: url, redisCaFile: caFile } = settings()
    const known = shard.count === 1 ? {} : fields
    return new RedisClient({
      url,
      caFile,
      shard,
      onRefused,
      onUp: () => log.info(known, 'Redis answers'),
      onDown: (error) => log.error({ ...known, err: error }, 'Redis does not answer'),
    })
  }
}
