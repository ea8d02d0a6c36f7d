import type { RedisLogLink } from '../../safety/redis-log-link.ts'
import { within } from '../../within.ts'
import { agreeOnShards } from './agree-on-shards.ts'
import type { RedisCommand, RedisConnection } from './redis-connection.ts'
import { explainRedisError } from './redis-error.ts'
import { callFunction, loadFunction } from './redis-function.ts'
import type { RedisLink } from './redis-link.ts'
import { RedisShardsError } from './redis-shards-error.ts'
import type { RedisError, RedisTarget } from './redis-url.ts'
import { readCaFile, requireRedisUrl, serversOf, targetOf } from './redis-url.ts'
import type { Shard } from './shard.ts'
import { baseOf, channelOf, onlyShard } from './shard.ts'

/** The time after which a command of the safety log counts as failed, in milliseconds. Redis may still execute it. */
const logTimeoutMs = 2000

const toArgument = (value: string | Uint8Array): string | Buffer =>
  typeof value === 'string' ? value : Buffer.from(value)

/** The options of {@link RedisClient}. */
export interface RedisClientOptions {
  /** A URL in one of the forms that `redis-url.ts` reads. */
  readonly url: string
  /** A file with the certificate of the authority that has signed that of Redis. @default the authorities of Node */
  readonly caFile?: string
  /** The shard for which the connections are. @default the service has only one */
  readonly shard?: Shard
  /** Called when Redis answers, for the first time or again. */
  readonly onUp: () => void
  /**
   * Called when Redis no longer answers, with the reason, and again if the outage has another reason later. The client
   * tries to connect again by itself.
   */
  readonly onDown: (error: RedisError) => void
  /**
   * Called if Redis answers for the first time only after `connect` has resolved, and other servers look for sessions
   * elsewhere than this one. Then this server must not run. @default nothing
   */
  readonly onRefused?: (error: RedisShardsError) => void
}

/** Whether Redis can be used, for operators. */
export interface RedisState {
  readonly isUp: boolean
  /** Why Redis cannot be used; undefined if it can, or if the first attempt has not ended. */
  readonly fault: RedisError | undefined
  /** Since when, in milliseconds since 1970. */
  readonly sinceMs: number
  /** How often Redis has stopped to answer. */
  readonly outages: number
  /** The shards that do not answer, if there are several. */
  readonly downShards: readonly number[]
}

/** How long `connect` waits for the first connection, in milliseconds. */
const firstConnectionMs = 2000
/** The time between two attempts to use Redis while it is down, in milliseconds. A new connection is used at once. */
const retryIntervalMs = 500

/**
 * The errors with which Redis answers if it has not executed a command: it has lost the function, or another server has
 * the keys.
 */
const refusal =
  /^(ERR Function not found|MOVED|ASK |TRYAGAIN|READONLY|CLUSTERDOWN|MASTERDOWN|LOADING)/

/** The access of one engine to Redis. */
export interface LinkOptions {
  /** The first part of the names of all keys and channels. */
  readonly prefix: string
  readonly nodeId: string
  /** Receives the messages of other nodes. */
  readonly onMessage: (payload: Uint8Array) => void
}

/**
 * The connections of one process to Redis. Redis is up while all work and Redis has the function. A lost connection is
 * replaced by itself. The library of the client is loaded by `connect`.
 */
export class RedisClient {
  readonly #options: RedisClientOptions
  readonly #target: RedisTarget
  readonly #shard: Shard
  /** The number of independent servers of Redis. */
  readonly #servers: number
  /** The first parts of the names of all keys of engines. */
  readonly #prefixes = new Set<string>()
  /** Keys of the log. */
  readonly #keys = new Set<string>()
  readonly #subscriptions: (() => Promise<void>)[] = []
  readonly #upCallbacks: (() => void)[] = []
  readonly #downCallbacks: (() => void)[] = []
  #connection: RedisConnection | undefined
  /** Receives the reason why this server must not start. */
  #refuse: ((error: RedisShardsError) => void) | undefined
  #retry: NodeJS.Timeout | undefined
  #isUp = false
  #fault: RedisError | undefined
  #sinceMs = Date.now()
  #outages = 0
  #hasWorked = false
  /** The problems of the present outage that were reported. */
  readonly #reported = new Set<RedisError['problem']>()
  #isPreparing = false
  #isClosed = false

  /** @throws RedisError if the URL cannot be used */
  constructor(options: RedisClientOptions) {
    this.#options = options
    this.#shard = options.shard ?? onlyShard
    const target = requireRedisUrl(options.url, this.#shard.count)
    this.#target = targetOf(target, this.#shard)
    this.#servers = serversOf(target)
  }

  /**
   * Connects. Resolves when Redis answers, or when it has not answered for some seconds; then attempts continue.
   * @throws RedisError if the file of `caFile` cannot be read; RedisShardsError if other servers use another number of
   *   shards
   */
  async connect(): Promise<void> {
    const { caFile } = this.#options
    const ca = caFile ? readCaFile(caFile) : undefined
    const { openRedis } = await import('./open-redis.ts')
    if (this.#isClosed) return
    const first = new Promise<void>((resolve, reject) => {
      this.onUp(resolve)
      const timer = setTimeout(() => {
        this.#refuse = this.#options.onRefused
        resolve()
      }, firstConnectionMs).unref()
      this.#refuse = (error) => {
        // The rejected promise passes the error to the caller, so `onRefused` is not called for it.
        clearTimeout(timer)
        this.#refuse = undefined
        reject(error)
      }
    })
    this.#connection = openRedis({
      target: this.#target,
      ca,
      isOneAttempt: false,
      isOneServer: this.#shard.count > 1,
      onReady: () => void this.#prepare(),
      onError: (error) => this.#handleDown(error),
    })
    this.#connection.connect().catch((error: unknown) => this.#handleDown(error))
    await first
  }

  /** Returns the link of one node, which receives messages while Redis is up. */
  link({ prefix, nodeId, onMessage }: LinkOptions): RedisLink & { ready(): Promise<void> } {
    const base = baseOf(prefix, this.#shard)
    this.#prefixes.add(prefix)
    const channel = (node: string): string => channelOf(prefix, this.#shard, node)
    const subscribe = (): Promise<void> => this.#connection!.subscribe(channel(nodeId), onMessage)
    if (!this.#isUp) this.#subscriptions.push(subscribe)
    return {
      ready: subscribe,
      call: async (payload) =>
        (await this.#sendOrGoDown(base, callFunction(base, payload))) as Buffer,
      publish: async (node, payload) => {
        const name = channel(node)
        const command = ['SPUBLISH', name, Buffer.from(payload)] as const
        return ((await this.#sendOrGoDown(name, command)) as number) > 0
      },
    }
  }

  /** Returns the access of the log of reports and decisions. Its commands fail while Redis is down. */
  logLink(): RedisLogLink {
    return {
      send: (key, command) => {
        this.#keys.add(key)
        return within(logTimeoutMs, () => this.#send(key, command.map(toArgument)))
      },
      subscribe: (channel, handleMessage) => {
        const subscribe = (): Promise<void> => this.#connection!.subscribe(channel, handleMessage)
        // The connection subscribes again by itself after it was lost.
        if (this.#isUp) subscribe().catch(() => this.#subscriptions.push(subscribe))
        else this.#subscriptions.push(subscribe)
      },
    }
  }

  /** Calls back each time that Redis answers, for the first time or again. */
  onUp(callback: () => void): void {
    this.#upCallbacks.push(callback)
  }

  /** Calls back each time that Redis no longer answers. */
  onDown(callback: () => void): void {
    this.#downCallbacks.push(callback)
  }

  get state(): RedisState {
    return {
      isUp: this.#isUp,
      fault: this.#fault,
      sinceMs: this.#sinceMs,
      outages: this.#outages,
      downShards: [],
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#connection?.close()
  }

  /**
   * The engine stops when a command of it fails, for example because Redis is full, and continues when Redis is up
   * again. So every failure must count as an outage, also if the connection is intact.
   */
  async #sendOrGoDown(key: string, command: RedisCommand): Promise<unknown> {
    try {
      return await this.#send(key, command)
    } catch (error) {
      this.#handleDown(error)
      throw error
    }
  }

  async #send(key: string, command: RedisCommand): Promise<unknown> {
    if (!this.#connection) throw new Error('there is no connection to Redis yet')
    try {
      return await this.#connection.send(key, command)
    } catch (error) {
      // After the repair the node restates all sessions, so the failed commands need not be sent again.
      if (refusal.test((error as Error).message)) this.#handleDown(error)
      throw error
    }
  }

  async #prepare(): Promise<void> {
    const connection = this.#connection
    if (this.#isPreparing || this.#isUp || this.#isClosed || !connection?.isReady) return
    this.#isPreparing = true
    try {
      // Redis may have been replaced by another one.
      const { index, count } = this.#shard
      // The log needs no function, and its keys may be at another server than the shard.
      const isForLog = this.#prefixes.size === 0 && this.#keys.size > 0
      if (count === 1) await connection.sendToAll(loadFunction)
      else if (!isForLog) await connection.send(`{${index}}`, loadFunction)
      const bases = [...this.#prefixes].map((prefix) => baseOf(prefix, this.#shard))
      for (const key of [...bases, ...this.#keys]) await connection.probe(key)
      for (const prefix of this.#prefixes) await this.#agree(connection, prefix)
      // The client subscribes again by itself after a lost connection.
      for (const subscribe of this.#subscriptions) await subscribe()
      this.#subscriptions.length = 0
      this.#isUp = true
      this.#hasWorked = true
      this.#fault = undefined
      this.#sinceMs = Date.now()
      this.#reported.clear()
      clearTimeout(this.#retry)
      this.#options.onUp()
      for (const callback of this.#upCallbacks) callback()
    } catch (error) {
      this.#handleDown(error)
    } finally {
      this.#isPreparing = false
    }
  }

  /** @throws RedisShardsError if other servers of the service look for its sessions elsewhere */
  async #agree(connection: RedisConnection, prefix: string): Promise<void> {
    try {
      await agreeOnShards({ connection, prefix, shard: this.#shard, servers: this.#servers })
    } catch (error) {
      // A server that runs already does not stop because of another one that is set up wrongly.
      if (error instanceof RedisShardsError && !this.#hasWorked) this.#refuse?.(error)
      throw error
    }
  }

  #handleDown(error: unknown): void {
    if (this.#isClosed) return
    this.#retryLater()
    const fault = explainRedisError(error, this.#target, this.#hasWorked)
    const { problem } = fault
    const wasUp = this.#isUp
    this.#isUp = false
    this.#fault = fault
    if (wasUp || this.#reported.size === 0) {
      this.#sinceMs = Date.now()
      this.#outages++
      for (const callback of this.#downCallbacks) callback()
    }
    if (this.#reported.has(problem)) return
    this.#reported.add(problem)
    this.#options.onDown(fault)
  }

  #retryLater(): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(
      () => {
        if (this.#isUp || this.#isClosed) return
        this.#retryLater()
        void this.#prepare()
      },
      retryIntervalMs * (0.5 + Math.random()),
    )
  }
}
