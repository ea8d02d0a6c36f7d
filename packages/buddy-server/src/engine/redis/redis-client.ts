// The only file that imports the Redis client.
import { createClient, RESP_TYPES } from '@redis/client'
import { functionName, librarySource } from './lua/library.ts'
import type { RedisLink } from './redis-link.ts'

/** Replies of the function, and messages of other nodes, are bytes. */
const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }

/** The options of {@link RedisClient}. */
export interface RedisClientOptions {
  /** A `redis:` or `rediss:` URL. */
  readonly url: string
  /** Called when Redis answers, for the first time or again. */
  readonly onUp: () => void
  /** Called when Redis no longer answers, with the reason. The client tries to connect again by itself. */
  readonly onDown: (error: unknown) => void
}

/** How long a connection may take, in milliseconds. */
const connectTimeoutMs = 2000
/** A connection on which nothing arrives for this time is replaced, in milliseconds. Beats are more frequent. */
const silentTimeoutMs = 3000
const pingIntervalMs = 1000
/** The longest wait before the next attempt to connect, in milliseconds. A random part keeps nodes apart. */
const maxRetryMs = 2000
/** How long `connect` waits for the first connection, in milliseconds. */
const firstConnectionMs = 2000

/** What one engine uses of Redis. */
export interface LinkOptions {
  /** The first part of the names of all keys and channels. */
  readonly prefix: string
  readonly nodeId: string
  /** Receives the messages of other nodes. */
  readonly onMessage: (payload: Uint8Array) => void
}

/**
 * Two connections to Redis: one for commands, one that receives messages. Redis is up while both work and Redis has the
 * function. A lost connection is replaced by itself.
 */
export class RedisClient {
  readonly #commands: ReturnType<typeof createClient>
  readonly #messages: ReturnType<typeof createClient>
  readonly #options: RedisClientOptions
  readonly #subscriptions: (() => Promise<void>)[] = []
  readonly #upCallbacks: (() => void)[] = []
  readonly #downCallbacks: (() => void)[] = []
  #isUp = false
  #hasReported = false
  #isPreparing = false

  constructor(options: RedisClientOptions) {
    this.#options = options
    const settings = {
      url: options.url,
      RESP: 3,
      // Commands fail at once while there is no connection. The engine decides what happens to them.
      disableOfflineQueue: true,
      pingInterval: pingIntervalMs,
      socket: {
        connectTimeout: connectTimeoutMs,
        socketTimeout: silentTimeoutMs,
        reconnectStrategy: (retries: number) =>
          Math.min(50 * 2 ** retries, maxRetryMs) * (0.5 + Math.random() / 2),
      },
    } as const
    this.#commands = createClient(settings) as unknown as ReturnType<typeof createClient>
    this.#messages = createClient(settings) as unknown as ReturnType<typeof createClient>
    for (const client of [this.#commands, this.#messages]) {
      client.on('ready', () => void this.#prepare())
      client.on('error', (error) => this.#handleDown(error))
    }
  }

  /** Connects. Resolves when Redis answers, or when it has not answered for some seconds; then attempts continue. */
  async connect(): Promise<void> {
    const first = new Promise<void>((resolve) => {
      this.onUp(resolve)
      setTimeout(resolve, firstConnectionMs).unref()
    })
    // A failed attempt is reported by the event `error`.
    for (const client of [this.#commands, this.#messages]) client.connect().catch(() => undefined)
    await first
  }

  /** Returns the link of one node, which receives messages while Redis is up. */
  link({ prefix, nodeId, onMessage }: LinkOptions): RedisLink & { ready(): Promise<void> } {
    // All keys of one shard are in one slot of a cluster.
    const base = `${prefix}{0}:`
    const channelOf = (node: string): string => `${prefix}{${node}}`
    const subscribe = (): Promise<void> =>
      this.#messages.sSubscribe(channelOf(nodeId), (payload) => onMessage(payload), true)
    if (!this.#isUp) this.#subscriptions.push(subscribe)
    return {
      ready: subscribe,
      call: (payload) =>
        this.#commands.sendCommand<Buffer>(
          ['FCALL', functionName, '1', base, Buffer.from(payload)],
          asBytes,
        ),
      publish: async (node, payload) =>
        (await this.#commands.sPublish(channelOf(node), Buffer.from(payload))) > 0,
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
    for (const client of [this.#commands, this.#messages]) if (client.isOpen) client.destroy()
  }

  async #prepare(): Promise<void> {
    if (this.#isPreparing || !this.#commands.isReady || !this.#messages.isReady) return
    this.#isPreparing = true
    try {
      // Redis may have been replaced by another one.
      await this.#commands.sendCommand(['FUNCTION', 'LOAD', 'REPLACE', librarySource])
      // The client subscribes again by itself after a lost connection.
      for (const subscribe of this.#subscriptions.splice(0)) await subscribe()
      this.#isUp = true
      this.#hasReported = false
      this.#options.onUp()
      for (const callback of this.#upCallbacks) callback()
    } catch (error) {
      this.#handleDown(error)
    } finally {
      this.#isPreparing = false
    }
  }

  #handleDown(error: unknown): void {
    if (!this.#isUp && this.#hasReported) return
    this.#isUp = false
    this.#hasReported = true
    this.#options.onDown(error)
    for (const callback of this.#downCallbacks) callback()
  }
}
