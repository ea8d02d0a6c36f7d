import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { RedisServer } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { clubSecret } from '../attacker/lies.ts'
import type { ServerProcess } from '../server-process.ts'
import { prepareServerProcess } from '../server-process.ts'
import { RedisProxy } from './redis-proxy.ts'

/** The bands of the site `club`. */
export const bands = ['13-17', '18+'] as const

/**
 * Redis writes each change to a file before it answers, so that a restart keeps everything. Only while the disk is slow,
 * Redis writes up to two seconds later.
 */
const redisFlags = ['--appendonly', 'yes', '--appendfsync', 'everysec']

const settings: Readonly<Record<string, string>> = {
  HOST: '127.0.0.1',
  NODE_OPTIONS: `--import ${new URL('jumping-clock.mjs', import.meta.url).href}`,
  SITES: JSON.stringify([
    {
      key: 'club',
      allowed_origins: ['https://club.example'],
      secret: clubSecret,
      age_bands: bands,
      default_age_band: '18+',
    },
  ]),
  // A client notices a silent node after twice this time.
  SOCKET_PING_INTERVAL: '2',
  SOCKET_PING_TIMEOUT: '4',
  SHUTDOWN_TIMEOUT_SECONDS: '1',
  // These rules of the server would only reduce the number of rooms. The run tests the engine.
  AVOID_RECENT_SECONDS: '0',
  FAIR_SHARE_PERCENT: '100',
  SLOW_AFTER_REPORTS: '0',
  BAN_AFTER_REPORTS: '0',
  REPEATED_TEXT_ROOMS: '0',
  NEW_VISITOR_SECONDS: '0',
  WIDEN_INTERESTS_SECONDS: '1',
  WIDEN_LANGUAGES_SECONDS: '2',
}

/** Several nodes, each a process of its own, which share a real Redis, or one for each shard. */
export class Cluster {
  readonly redis: RedisServer[]
  readonly nodes: readonly ServerProcess[]
  /** The proxies through which the nodes reach Redis: for each node, one to each Redis. */
  readonly proxies: readonly (readonly RedisProxy[])[]
  readonly #dataFolder: string

  private constructor(
    redis: RedisServer[],
    nodes: readonly ServerProcess[],
    proxies: readonly (readonly RedisProxy[])[],
    dataFolder: string,
  ) {
    this.redis = redis
    this.nodes = nodes
    this.proxies = proxies
    this.#dataFolder = dataFolder
  }

  /**
   * Starts Redis and the nodes.
   * @param shardCount the number of shards. Each has a Redis of its own
   * @param logFolder the folder for what the nodes write to their error output; undefined if it is dropped
   */
  static async start(
    nodeCount: number,
    shardCount: number,
    graceMs: number,
    logFolder: string | undefined,
  ): Promise<Cluster> {
    const redis = await Promise.all(
      Array.from({ length: shardCount }, () => RedisServer.start(...redisFlags)),
    )
    // A node stores the blocks that it has handled, so that it can also add them again after its restart if Redis has
    // lost them.
    const dataFolder = mkdtempSync(join(tmpdir(), 'buddy-chaos-'))
    if (logFolder !== undefined) mkdirSync(logFolder, { recursive: true })
    const proxies = await Promise.all(
      Array.from({ length: nodeCount }, () =>
        Promise.all(redis.map(({ port }) => RedisProxy.start(port))),
      ),
    )
    const nodes = await Promise.all(
      proxies.map((ofNode, index) =>
        prepareServerProcess(
          {
            ...settings,
            REDIS_URL: `redis://${ofNode.map(({ place }) => place).join(',')}`,
            REDIS_SHARDS: String(shardCount),
            DATA_DIR: join(dataFolder, String(index)),
            RESUME_GRACE_SECONDS: String(graceMs / 1000),
          },
          (text) => {
            if (logFolder !== undefined) appendFileSync(join(logFolder, `node-${index}.log`), text)
          },
        ),
      ),
    )
    const cluster = new Cluster(redis, nodes, proxies, dataFolder)
    try {
      await Promise.all(nodes.map((node) => node.start()))
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  /** Kills the Redis with this index, and starts another one without data after some time at the same port. */
  async loseRedis(index: number, downMs: number): Promise<void> {
    const { port } = this.redis[index]!
    await this.redis[index]!.stop()
    await wait(downMs)
    this.redis[index] = await RedisServer.startAt(port, ...redisFlags)
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    for (const proxy of this.proxies.flat()) proxy.close()
    await Promise.all(this.redis.map((redis) => redis.stop()))
    rmSync(this.#dataFolder, { recursive: true, force: true })
  }
}
