// Several servers that share a Redis.
import type { BuddyServerOptions } from '@buddy-chat/server'
import {
  missingRedisMessage,
  RedisServer,
} from '../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { readRedisInfo } from '../tests/load/redis-info.ts'
import { BenchError, MeasuredProcess } from './measured-process.ts'
import type { Usage, UsageRequest } from './servers/report.ts'

/** What a scenario uses of a server, which may consist of several processes. */
export interface MeasuredServer {
  readonly name: string
  /** The ports of the processes. */
  readonly ports: readonly number[]
  usage(request?: UsageRequest): Promise<Usage>
  within<T>(what: string, promise: Promise<T>, limitMs?: number): Promise<T>
  stop(): Promise<void>
}

const secretKey = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'

/** Nodes in processes of their own, with the Redis that they share. */
export class NodeGroup implements MeasuredServer {
  readonly name: string
  readonly redis: RedisServer
  readonly #nodes: readonly MeasuredProcess[]

  private constructor(name: string, redis: RedisServer, nodes: readonly MeasuredProcess[]) {
    this.name = name
    this.redis = redis
    this.#nodes = nodes
  }

  /**
   * Starts Redis and the nodes of a built checkout.
   * @throws BenchError if Redis is not installed, or a node does not start
   */
  static async start(
    name: string,
    count: number,
    checkout: string,
    options: BuddyServerOptions,
    profileDir?: string,
  ): Promise<NodeGroup> {
    if (missingRedisMessage) throw new BenchError(missingRedisMessage)
    const redis = await RedisServer.start()
    const nodes: MeasuredProcess[] = []
    const group = new NodeGroup(name, redis, nodes)
    try {
      for (let node = 1; node <= count; node++) {
        const given = JSON.stringify({ ...options, redisUrl: redis.url, secretKey })
        const args = [checkout, given]
        nodes.push(
          await MeasuredProcess.start(`${name}, node ${node}`, 'buddy.ts', args, profileDir),
        )
      }
    } catch (error) {
      await group.stop()
      throw error
    }
    return group
  }

  get ports(): readonly number[] {
    return this.#nodes.map(({ port }) => port)
  }

  /** Resolves with the sums of all nodes and the longest turn of any, without Redis. */
  async usage(request?: UsageRequest): Promise<Usage> {
    const all = await Promise.all(this.#nodes.map((node) => node.usage(request)))
    const sum = (name: 'cpuMicroseconds' | 'residentBytes'): number =>
      all.reduce((total, usage) => total + usage[name], 0)
    return {
      cpuMicroseconds: sum('cpuMicroseconds'),
      residentBytes: sum('residentBytes'),
      longestTurnMs: Math.max(...all.map(({ longestTurnMs }) => longestTurnMs)),
      redisCpuMicroseconds: readRedisInfo(this.redis).cpuMicroseconds,
    }
  }

  async within<T>(what: string, promise: Promise<T>, limitMs?: number): Promise<T> {
    return Promise.race(this.#nodes.map((node) => node.within(what, promise, limitMs)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()))
    await this.redis.stop()
  }
}
