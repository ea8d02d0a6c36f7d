import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenRedisOptions, RedisCommand, RedisConnection } from './redis-connection.ts'
import type { RedisAddress, RedisCredentials } from './redis-url.ts'

/**
 * The parts of the library's client that are used here. Only `open-redis.ts` may import the library, because the package
 * contains it, and does not depend on it.
 */
interface SingleClient {
  readonly isOpen: boolean
  readonly isReady: boolean
  on(event: 'error', handleError: (error: unknown) => void): unknown
  connect(): Promise<unknown>
  destroy(): void
  sendCommand(command: readonly string[]): Promise<unknown>
  sSubscribe(
    channel: string,
    handleMessage: (payload: Buffer) => void,
    areBytes: true,
  ): Promise<void>
}

/** The options of {@link SentinelConnection}. */
export interface SentinelConnectionOptions<Client extends SingleClient> extends OpenRedisOptions {
  /** Creates a connection to one server. It does not reconnect. */
  readonly createClient: (
    credentials: RedisCredentials,
    address: RedisAddress,
    database?: number,
  ) => Client
  /** Sends a command. Texts in the reply are bytes. */
  readonly sendForBytes: (client: Client, command: RedisCommand) => Promise<unknown>
  /** Returns the time before the next attempt to connect, in milliseconds. */
  readonly retryMs: (retries: number) => number
}

/** How often the Sentinels are asked for the master, in milliseconds. */
const sentinelIntervalMs = 1000

interface MasterClients<Client> {
  readonly address: RedisAddress
  readonly commands: Client
  readonly messages: Client
}

/**
 * Connects to the master that the Sentinels name, and to the next one after a failover. The library's own class is not
 * used, because after a lost connection it sends commands again that Redis may have executed.
 */
export class SentinelConnection<Client extends SingleClient> implements RedisConnection {
  readonly #options: SentinelConnectionOptions<Client>
  readonly #channels = new Map<string, (payload: Uint8Array) => void>()
  #sentinels: readonly RedisAddress[]
  #sentinel: Client | undefined
  #master: MasterClients<Client> | undefined
  #opening: Promise<void> | undefined
  #watch: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: SentinelConnectionOptions<Client>) {
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
    return this.#options.sendForBytes(this.#master.commands, command)
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
        await sleep(this.#options.retryMs(retries))
      }
    }
  }

  async #openMaster(address: RedisAddress): Promise<MasterClients<Client>> {
    const { target, createClient } = this.#options
    const [commands, messages] = [0, 1].map(() =>
      createClient(target.credentials, address, target.database),
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
    const { target, createClient } = this.#options
    if (!this.#sentinel) {
      this.#sentinel = createClient(target.sentinelCredentials, address)
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
function destroy(client: SingleClient | undefined): void {
  if (client?.isOpen) client.destroy()
}
