// The only file that imports the Redis client. It is loaded only if the server uses Redis. The published file contains
// the library, see `rollup.config.mjs`.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClientOptions, RedisClusterOptions } from '@redis/client'
import { createClient, createCluster, RESP_TYPES } from '@redis/client'
import type { RedisAddress, RedisCredentials, RedisTarget } from './redis-url.ts'
import { retryDelayMs } from './retry-delay.ts'

/** A command with its arguments. */
export type RedisCommand = readonly (string | Buffer)[]

/** Connections to Redis, which reconnect by themselves. */
export interface RedisConnection {
  /**
   * Whether there is a connection for commands and one for messages. Some servers of a cluster may be unreachable
   * nevertheless.
   */
  readonly isReady: boolean
  /** Resolves when there is a connection. */
  connect(): Promise<void>
  /**
   * Sends a command to the server that has a key. Commands to one server are sent in order. Texts in the reply are
   * bytes. Rejects at once if there is no connection. Follows no redirection of a cluster, because the commands could
   * then be handled in another order.
   */
  send(key: string, command: RedisCommand): Promise<unknown>
  /** Finds out where a key is now. Rejects if its server cannot be used. */
  probe(key: string): Promise<void>
  /** Sends a command to every master. */
  sendToAll(command: RedisCommand): Promise<void>
  /** Receives the messages of a channel, also after a reconnection. */
  subscribe(channel: string, onMessage: (payload: Uint8Array) => void): Promise<void>
  close(): void
}

/** The options of {@link openRedis}. */
export interface OpenRedisOptions {
  readonly target: RedisTarget
  /** The certificate of the authority that has signed that of Redis, in PEM. @default those of Node */
  readonly ca: Buffer | undefined
  /** Whether the first failure is final. Otherwise failed connections are attempted again, without end. */
  readonly isOneAttempt: boolean
  /** Whether all keys and channels are at one server of a cluster, so that the others are not needed. @default false */
  readonly isOneServer?: boolean
  /** Called when a connection is there, for the first time or again. */
  readonly onReady: () => void
  /** Called when a connection is lost or cannot be opened. */
  readonly onError: (error: unknown) => void
}

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
/** How often the Sentinels are asked for the master, in milliseconds. */
const sentinelIntervalMs = 1000

/** Creates connections to Redis. They are opened by `connect`. */
export function openRedis(options: OpenRedisOptions): RedisConnection {
  const { kind } = options.target
  if (kind === 'cluster') return new ClusterConnection(options)
  return kind === 'sentinel' ? new SentinelConnection(options) : new SingleConnection(options)
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
    for (const client of [this.#commands, this.#messages]) destroy(client)
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
        // The error says only that no node can be used. The one before says why.
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

interface MasterClients {
  readonly address: RedisAddress
  readonly commands: Client
  readonly messages: Client
}

/**
 * Connects to the master that the Sentinels name, and to the next one after a failover. The library's own class is not
 * used, because after a lost connection it sends commands again that Redis may have executed.
 */
class SentinelConnection implements RedisConnection {
  readonly #options: OpenRedisOptions
  readonly #channels = new Map<string, (payload: Uint8Array) => void>()
  #sentinels: readonly RedisAddress[]
  #sentinel: Client | undefined
  #master: MasterClients | undefined
  #opening: Promise<void> | undefined
  #watch: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: OpenRedisOptions) {
    this.#options = options
    this.#sentinels = options.target.addresses
  }

  get isReady(): boolean {
    return this.#master?.commands.isReady === true && this.#master.messages.isReady
  }

  async connect(): Promise<void> {
    await this.#findMaster()
    this.#watchMaster()
  }

  send(_key: string, command: RedisCommand): Promise<unknown> {
    if (!this.#master) return Promise.reject(new Error('there is no connection to the master'))
    return this.#master.commands.sendCommand(command, asBytes)
  }

  async probe(key: string): Promise<void> {
    await this.send(key, ['EXISTS', key])
  }

  async sendToAll(command: RedisCommand): Promise<void> {
    await this.send('', command)
  }

  async subscribe(channel: string, onMessage: (payload: Uint8Array) => void): Promise<void> {
    this.#channels.set(channel, onMessage)
    await this.#master?.messages.sSubscribe(channel, onMessage, true)
  }

  #findMaster(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#watch)
    destroy(this.#sentinel)
    this.#leave()
  }

  async #open(): Promise<void> {
    this.#leave()
    for (let retries = 0; !this.#isClosed; retries++) {
      try {
        this.#master = await this.#openMaster(await this.#askSentinels())
        this.#options.onReady()
        return
      } catch (error) {
        if (this.#options.isOneAttempt) throw error
        this.#options.onError(error)
        await sleep(retryMs(retries))
      }
    }
  }

  async #openMaster(address: RedisAddress): Promise<MasterClients> {
    const { target } = this.#options
    const [commands, messages] = [0, 1].map(() =>
      createClient({
        ...settingsOf(this.#options, target.credentials, false, address),
        database: target.database,
      }),
    ) as [Client, Client]
    const master = { address, commands, messages }
    let isOpen = false
    for (const client of [commands, messages]) {
      client.on('error', (error: unknown) => {
        if (!isOpen) return
        isOpen = false
        this.#options.onError(error)
        if (this.#master === master && !this.#isClosed) void this.#findMaster()
      })
    }
    try {
      await Promise.all([commands.connect(), messages.connect()])
      const [role] = (await commands.sendCommand(['ROLE'])) as readonly unknown[]
      // A Sentinel may name a server that has just become a replica.
      if (role !== 'master') throw new Error('READONLY The server is a replica')
      for (const [channel, onMessage] of this.#channels) {
        await messages.sSubscribe(channel, onMessage, true)
      }
    } catch (error) {
      for (const client of [commands, messages]) destroy(client)
      throw error
    }
    isOpen = true
    return master
  }

  /** Asks the Sentinels one after the other, first the one that has answered last. */
  async #askSentinels(): Promise<RedisAddress> {
    let latest: unknown
    for (const address of this.#sentinels) {
      try {
        const found = await this.#askSentinel(address)
        this.#sentinels = [address, ...this.#sentinels.filter((each) => each !== address)]
        return found
      } catch (error) {
        latest = error
        destroy(this.#sentinel)
        this.#sentinel = undefined
      }
    }
    throw latest
  }

  async #askSentinel(address: RedisAddress): Promise<RedisAddress> {
    const { target } = this.#options
    if (!this.#sentinel) {
      this.#sentinel = createClient(
        settingsOf(this.#options, target.sentinelCredentials, false, address),
      )
      // The caller handles a Sentinel that does not answer.
      this.#sentinel.on('error', () => undefined)
      await this.#sentinel.connect()
    }
    const { master } = target
    const reply = await this.#sentinel.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master])
    if (!Array.isArray(reply)) throw new Error(`no such master: ${master}`)
    const [host, port] = reply as unknown as readonly string[]
    return { host: host!, port: Number(port) }
  }

  /** Finds a new master even if the former one still answers, or its connection hangs. */
  #watchMaster(): void {
    this.#watch = setTimeout(() => {
      void this.#askSentinels()
        .then(async ({ host, port }) => {
          const present = this.#master?.address
          if (present && (present.host !== host || present.port !== port)) await this.#findMaster()
        })
        .catch((error: unknown) => this.#options.onError(error))
        .finally(() => !this.#isClosed && this.#watchMaster())
    }, sentinelIntervalMs)
  }

  #leave(): void {
    const { commands, messages } = this.#master ?? {}
    this.#master = undefined
    destroy(commands)
    destroy(messages)
  }
}

/** Closes a connection. The client refuses this if it is closed already. */
function destroy(client: Client | undefined): void {
  if (client?.isOpen) client.destroy()
}
