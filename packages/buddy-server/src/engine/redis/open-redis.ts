// The only file that imports values of the Redis client. It is loaded only if the server uses Redis. The published file
// contains the library, see `rollup.config.mjs`.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClientOptions, RedisClusterOptions } from '@redis/client'
import { createClient, createCluster, RESP_TYPES } from '@redis/client'
import type { OpenRedisOptions, RedisCommand, RedisConnection } from './redis-connection.ts'
import type { RedisAddress, RedisCredentials } from './redis-url.ts'
import { retryDelayMs } from './retry-delay.ts'
import { SentinelConnection } from './sentinel-connection.ts'

type Client = ReturnType<typeof createClient>

/** Replies and messages are bytes. */
const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
/** How long a connection may take, in milliseconds. */
const connectTimeoutMs = 2000
/** A connection on which nothing arrives for this time is replaced, in milliseconds. Beats are more frequent. */
const silentTimeoutMs = 3000
const pingIntervalMs = 1000
/** After this time without a server, a cluster is asked for its new master, in milliseconds. */
const refreshAfterMs = 500

/** Creates connections to Redis. They are opened by `connect`. */
export function openRedis(options: OpenRedisOptions): RedisConnection {
  const { kind } = options.target
  if (kind === 'cluster') return new ClusterConnection(options)
  if (kind === 'single') return new SingleConnection(options)
  return new SentinelConnection({
    ...options,
    createClient: (credentials, address, database) =>
      createClient({
        ...settingsOf(options, credentials, false, address),
        ...(database !== undefined && { database }),
      }),
    sendForBytes: (client, command) => client.sendCommand(command, asBytes),
    retryMs,
  })
}

const retryMs = (retries: number): number => retryDelayMs(retries, Math.random())

type ClientSettings = Pick<
  RedisClientOptions,
  | 'username'
  | 'password'
  | 'maintNotifications'
  | 'disableClientInfo'
  | 'disableOfflineQueue'
  | 'pingInterval'
  | 'socket'
>

function settingsOf(
  { target, ca, isOneAttempt }: OpenRedisOptions,
  credentials: RedisCredentials,
  reconnectStrategy: false | ((retries: number) => number),
  address?: RedisAddress,
): ClientSettings {
  const common = {
    ...address,
    connectTimeout: connectTimeoutMs,
    socketTimeout: silentTimeoutMs,
    reconnectStrategy: isOneAttempt ? (false as const) : reconnectStrategy,
  }
  return {
    ...credentials,
    // Both would need more rights in Redis.
    maintNotifications: 'disabled',
    disableClientInfo: true,
    // Commands fail at once while there is no connection. The engine decides what happens to them.
    disableOfflineQueue: true,
    pingInterval: pingIntervalMs,
    socket: target.isTls ? { ...common, tls: true, ...(ca && { ca }) } : common,
  }
}

class SingleConnection implements RedisConnection {
  readonly #commands: Client
  readonly #messages: Client

  constructor(options: OpenRedisOptions) {
    const { target, onReady, onError } = options
    const [address] = target.addresses
    const settings = settingsOf(options, target.credentials, retryMs, address)
    this.#commands = createClient({ ...settings, database: target.database })
    this.#messages = createClient({ ...settings, database: target.database })
    for (const client of [this.#commands, this.#messages]) {
      client.on('ready', onReady)
      client.on('error', onError)
    }
  }

  get isReady(): boolean {
    return this.#commands.isReady && this.#messages.isReady
  }

  async connect(): Promise<void> {
    await Promise.all([this.#commands.connect(), this.#messages.connect()])
  }

  send(_key: string, command: RedisCommand): Promise<unknown> {
    return this.#commands.sendCommand(command, asBytes)
  }

  async probe(key: string): Promise<void> {
    await this.send(key, ['EXISTS', key])
  }

  async sendToAll(command: RedisCommand): Promise<void> {
    await this.#commands.sendCommand(command)
  }

  subscribe(channel: string, onMessage: (payload: Uint8Array) => void): Promise<void> {
    return this.#messages.sSubscribe(channel, onMessage, true)
  }

  close(): void {
    for (const client of [this.#commands, this.#messages]) {
      // The client refuses this if it is closed already.
      if (client.isOpen) client.destroy()
    }
  }
}

class ClusterConnection implements RedisConnection {
  readonly #options: OpenRedisOptions
  readonly #cluster: ReturnType<typeof createCluster>
  /** Whether all masters are known. */
  #isConnected = false
  #isClosed = false
  #latestError: unknown

  constructor(options: OpenRedisOptions) {
    this.#options = options
    const { target, onReady } = options
    const onError = (error: unknown): void => {
      this.#latestError = error
      options.onError(error)
    }
    const settings = settingsOf(options, target.credentials, retryMs) as NonNullable<
      RedisClusterOptions['defaults']
    >
    this.#cluster = createCluster({
      rootNodes: target.addresses.map((address) => ({
        ...settings,
        socket: { ...settings.socket, ...address, reconnectStrategy: false },
      })),
      defaults: settings,
      minimizeConnections: options.isOneServer === true,
      topologyRefreshOnReconnectionAttemptStrategy: refreshAfterMs,
    })
    this.#cluster.on('error', onError)
    this.#cluster.on('node-error', onError)
    this.#cluster.on('node-ready', () => this.#isConnected && onReady())
  }

  get isReady(): boolean {
    return this.#isConnected
  }

  async connect(): Promise<void> {
    for (let retries = 0; !this.#isClosed; retries++) {
      try {
        await this.#cluster.connect()
        this.#isConnected = true
        this.#options.onReady()
        return
      } catch (error) {
        // This error contains only that no node can be used, and the one before contains why.
        if (this.#options.isOneAttempt) throw this.#latestError ?? error
        this.#options.onError(this.#latestError ?? error)
        await sleep(retryMs(retries))
      }
    }
  }

  async send(key: string, command: RedisCommand): Promise<unknown> {
    const client = await this.#cluster.getNodeClientForKey(key)
    return client.sendCommand(command, asBytes)
  }

  async probe(key: string): Promise<void> {
    // A redirection makes the client read the slots again.
    await this.#cluster.sendCommand(key, false, ['EXISTS', key])
  }

  async sendToAll(command: RedisCommand): Promise<void> {
    await Promise.all(
      this.#cluster.masters.map(async (master) => {
        const client = await this.#cluster.nodeClient(master)
        await client.sendCommand(command)
      }),
    )
  }

  async subscribe(channel: string, onMessage: (payload: Uint8Array) => void): Promise<void> {
    await this.#cluster.sSubscribe(channel, onMessage, true)
  }

  close(): void {
    this.#isClosed = true
    if (this.#cluster.isOpen) this.#cluster.destroy()
  }
}
