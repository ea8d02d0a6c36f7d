import type { ResolvedServerOptions } from './config/server-settings.ts'
import type { Log } from './operations/log/create-log.ts'
import type { RedisLogLink } from './safety/redis-log-link.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineDependencies } from './engine/memory/memory-engine.ts'
import { connectEngine } from './engine/redis/connect-engine.ts'
import { RedisClient } from './engine/redis/redis-client.ts'
import type { RedisEngine, RedisEngineDependencies } from './engine/redis/redis-engine.ts'

/** The dependencies of {@link RedisService}. */
export interface RedisServiceDependencies extends Pick<
  RedisEngineDependencies,
  'nodeId' | 'report' | 'onDataLost'
> {
  /** Returns the present settings. Those of the connection do not change. */
  readonly settings: () => ResolvedServerOptions
  readonly log: Pick<Log, 'info' | 'error'>
}

/** What a server uses of Redis: its connections, its engine, and the log of reports and decisions. */
export class RedisService {
  readonly #dependencies: RedisServiceDependencies
  readonly #client: RedisClient
  #engine: RedisEngine | undefined

  /** @throws RedisError if the URL cannot be used */
  constructor(dependencies: RedisServiceDependencies) {
    const { settings, log } = dependencies
    const { redisUrl: url, redisCaFile: caFile } = settings()
    this.#dependencies = dependencies
    this.#client = new RedisClient({
      url,
      caFile,
      onUp: () => log.info('Redis answers'),
      onDown: (error) => log.error({ err: error }, 'Redis does not answer'),
    })
  }

  /** Creates the engine, which works as soon as Redis answers. */
  createEngine(given: EngineDependencies): Engine {
    const { settings, nodeId, report, onDataLost } = this.#dependencies
    this.#engine = connectEngine(
      this.#client,
      {
        ...given,
        nodeId,
        graceMs: () => settings().resumeGraceMs,
        maxHeldBytes: () => settings().maxResumeBytes,
        isLocalAllowed: () => settings().redisDown === 'local',
        onDataLost,
        report,
      },
      settings().redisPrefix,
    )
    return this.#engine
  }

  /** Returns the access of the log that all servers share. */
  logLink(): RedisLogLink {
    return this.#client.logLink()
  }

  /**
   * Connects, and reads the bans of the other servers. Resolves also if Redis does not answer now.
   * @throws RedisError if the certificate cannot be read
   */
  async connect(): Promise<void> {
    await this.#client.connect()
    // A banned person must not be admitted because this node has just started.
    await this.#engine?.load()
  }

  close(): void {
    this.#client.close()
  }
}
