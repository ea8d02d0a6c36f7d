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
  /** Receives errors of the connections, which reconnect by themselves. */
  readonly onError: (error: unknown) => void
}

/** What one engine uses of Redis. */
export interface LinkOptions {
  /** The first part of the names of all keys and channels. */
  readonly prefix: string
  readonly nodeId: string
  /** Receives the messages of other nodes. */
  readonly onMessage: (payload: Uint8Array) => void
}

/** Two connections to Redis: one for commands, one that receives messages. */
export class RedisClient {
  readonly #commands: ReturnType<typeof createClient>
  readonly #messages: ReturnType<typeof createClient>
  readonly #subscriptions: (() => Promise<void>)[] = []
  readonly #readyCallbacks: (() => void)[] = []

  constructor({ url, onError }: RedisClientOptions) {
    this.#commands = createClient({ url })
    this.#messages = createClient({ url })
    for (const client of [this.#commands, this.#messages]) client.on('error', onError)
  }

  /** Connects, stores the function, and receives messages from now on. */
  async connect(): Promise<void> {
    await Promise.all([this.#commands.connect(), this.#messages.connect()])
    await this.#commands.sendCommand(['FUNCTION', 'LOAD', 'REPLACE', librarySource])
    await Promise.all(this.#subscriptions.map((subscribe) => subscribe()))
    for (const callback of this.#readyCallbacks) callback()
  }

  /** Returns the link of one node. The node receives messages when `ready` is called, or after `connect`. */
  link({ prefix, nodeId, onMessage }: LinkOptions): RedisLink & { ready(): Promise<void> } {
    // All keys of one shard are in one slot of a cluster.
    const base = `${prefix}{0}:`
    const channelOf = (node: string): string => `${prefix}{${node}}`
    const subscribe = (): Promise<void> =>
      this.#messages.sSubscribe(channelOf(nodeId), (payload) => onMessage(payload), true)
    if (!this.#messages.isReady) this.#subscriptions.push(subscribe)
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

  /** Calls back after `connect`. */
  onReady(callback: () => void): void {
    this.#readyCallbacks.push(callback)
  }

  close(): void {
    for (const client of [this.#commands, this.#messages]) client.destroy()
  }
}
