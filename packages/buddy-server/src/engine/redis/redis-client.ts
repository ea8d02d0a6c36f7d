import { functionName, librarySource } from './lua/library.ts'
import type { RedisLogLink } from '../../safety/redis-log-link.ts'
import { within } from '../../within.ts'
import type { RedisCommand, RedisConnection } from './open-redis.ts'
import { explainRedisError } from './redis-error.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisTarget } from './redis-url.ts'
import { readCaFile, requireRedisUrl } from './redis-url.ts'

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
  /** Called when Redis answers, for the first time or again. */
  readonly onUp: () => void
  /** Called when Redis no longer answers, with the reason. The client tries to connect again by itself. */
  readonly onDown: (error: unknown) => void
}

/** How long `connect` waits for the first connection, in milliseconds. */
const firstConnectionMs = 2000
/** The time between two attempts to use Redis while it is down, in milliseconds. A new connection is used at once. */
const retryIntervalMs = 500

/** The command that stores the function. */
export const loadFunction: RedisCommand = ['FUNCTION', 'LOAD', 'REPLACE', librarySource]

/** Returns the command that calls the function for the keys that begin with `base`. */
export const callFunction = (base: string, payload: Uint8Array): RedisCommand => [
  'FCALL',
  functionName,
  '1',
  base,
  Buffer.from(payload),
]

/** All keys of one shard are in one slot of a cluster. */
export const baseOf = (prefix: string): string => `${prefix}{0}:`

/**
 * The errors by which Redis says that it has not executed a command: it has lost the function, or another server has
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
  readonly #bases = new Set<string>()
  readonly #subscriptions: (() => Promise<void>)[] = []
  readonly #upCallbacks: (() => void)[] = []
  readonly #downCallbacks: (() => void)[] = []
  #connection: RedisConnection | undefined
  #retry: NodeJS.Timeout | undefined
  #isUp = false
  #hasReported = false
  #isPreparing = false
  #isClosed = false

  /** @throws RedisError if the URL cannot be used */
  constructor(options: RedisClientOptions) {
    this.#options = options
    this.#target = requireRedisUrl(options.url)
  }

  /**
   * Connects. Resolves when Redis answers, or when it has not answered for some seconds; then attempts continue.
   * @throws RedisError if the file of `caFile` cannot be read
   */
  async connect(): Promise<void> {
    const { caFile } = this.#options
    const ca = caFile ? readCaFile(caFile) : undefined
    const { openRedis } = await import('./open-redis.ts')
    if (this.#isClosed) return
    const first = new Promise<void>((resolve) => {
      this.onUp(resolve)
      setTimeout(resolve, firstConnectionMs).unref()
    })
    this.#connection = openRedis({
      target: this.#target,
      ca,
      isOneAttempt: false,
      onReady: () => void this.#prepare(),
      onError: (error) => this.#handleDown(error),
    })
    this.#connection.connect().catch((error: unknown) => this.#handleDown(error))
    await first
  }

  /** Returns the link of one node, which receives messages while Redis is up. */
  link({ prefix, nodeId, onMessage }: LinkOptions): RedisLink & { ready(): Promise<void> } {
    const base = baseOf(prefix)
    this.#bases.add(base)
    const channelOf = (node: string): string => `${prefix}{${node}}`
    const subscribe = (): Promise<void> => this.#connection!.subscribe(channelOf(nodeId), onMessage)
    if (!this.#isUp) this.#subscriptions.push(subscribe)
    return {
      ready: subscribe,
      call: async (payload) => (await this.#send(base, callFunction(base, payload))) as Buffer,
      publish: async (node, payload) => {
        const channel = channelOf(node)
        const receivers = await this.#send(channel, ['SPUBLISH', channel, Buffer.from(payload)])
        return (receivers as number) > 0
      },
    }
  }

  /** Returns the access of the log of reports and decisions. Its commands fail while Redis is down. */
  logLink(): RedisLogLink {
    return {
      send: (key, command) => {
        this.#bases.add(key)
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

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#connection?.close()
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
      await connection.sendToAll(loadFunction)
      for (const base of this.#bases) await connection.probe(base)
      // The client subscribes again by itself after a lost connection.
      for (const subscribe of this.#subscriptions) await subscribe()
      this.#subscriptions.length = 0
      this.#isUp = true
      this.#hasReported = false
      clearTimeout(this.#retry)
      this.#options.onUp()
      for (const callback of this.#upCallbacks) callback()
    } catch (error) {
      this.#handleDown(error)
    } finally {
      this.#isPreparing = false
    }
  }

  #handleDown(error: unknown): void {
    if (this.#isClosed) return
    this.#retryLater()
    if (!this.#isUp && this.#hasReported) return
    this.#isUp = false
    this.#hasReported = true
    this.#options.onDown(explainRedisError(error, this.#target))
    for (const callback of this.#downCallbacks) callback()
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
