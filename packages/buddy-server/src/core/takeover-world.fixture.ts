import { idleReport } from '../engine/node-report.fixture.ts'
import { expect } from 'vitest'
import { ManualClock } from '../clock.fixture.ts'
import { ClientConnection } from '../connection/client-connection.ts'
import { TestServer } from './core.fixture.ts'
import { handleHello } from '../handlers/hello.ts'
import type { Connection } from '../transport/transport.ts'
import { NodeClock } from './node-clock.fixture.ts'
import type { RedisClient } from '../engine/redis/redis-client.ts'
import { RedisEngine } from '../engine/redis/redis-engine.ts'
import type { ShardedEngineDependencies } from '../engine/redis/sharded-engine.ts'
import { ShardedEngine } from '../engine/redis/sharded-engine.ts'
import { RoamingClient } from './roaming-client.fixture.ts'
import { SteppedNetwork } from './stepped-network.fixture.ts'

export const nodeCount = 3
export const beatMs = 500
export const settings = { resumeGraceMs: 60_000, helloTimeoutMs: 10_000 }

let worlds = 0

const idOf = (node: number): string => `node ${node}`
/** The name of a node's way to the Redis of a shard. */
const wayOf = (nodeId: string, shard: number): string => `${nodeId}, shard ${shard}`

/** The errors that a node reports while it has no Redis, has hung, or stops. */
const expectedError = /Redis|hung|stops/

/**
 * Three whole servers without sockets, their real Redis, and three clients. Everything that they send waits in the
 * network, and is delivered in an order that depends on the seed.
 */
export class TakeoverWorld {
  readonly clients: readonly RoamingClient[]
  /** Descriptions of what has happened and must not happen. */
  readonly faults: string[] = []
  readonly #clock = new ManualClock()
  readonly #network = new SteppedNetwork()
  /** The connections to Redis, for each shard. */
  readonly #redis: readonly Pick<RedisClient, 'link'>[]
  readonly #clocks: readonly NodeClock[]
  readonly #servers: readonly TestServer[]
  /** The engines of each node, by their shards. */
  readonly #engines: RedisEngine[][] = []
  /** The nodes that have stopped. */
  readonly #ended = new Set<number>()
  /** The clients that have connected again. */
  readonly #moved = new Set<RoamingClient>()
  readonly #lanes = new Map<string, ReturnType<SteppedNetwork['addLane']>>()
  #random: number

  /** @param redis the connections to Redis, for each shard */
  constructor(redis: readonly Pick<RedisClient, 'link'>[], seed: number) {
    this.#redis = redis
    this.#random = seed >>> 0
    const prefix = `buddy:takeovers ${worlds++}:`
    this.#clocks = Array.from(
      { length: nodeCount },
      (_, node) => new NodeClock(this.#clock, () => this.#network.isHanging(node)),
    )
    this.#servers = this.#clocks.map((clock, node) => this.#createServer(node, clock, prefix))
    for (const engine of this.#engines.flat()) engine.handleConnected()
    this.clients = ['ana', 'bob', 'cem'].map(
      (name) =>
        new RoamingClient(name, {
          open: (node) => ({ node, items: this.#laneTo(node, name).items }),
          accept: (node, connection) => this.#accept(node, connection, name),
          onFault: (fault) => this.faults.push(fault),
          // Frames to a session that has changed its node take one of two ways. If both sessions have changed their
          // nodes, frames in one direction can take both ways.
          onDisorder: (fault) => this.#moved.size < 2 && this.faults.push(fault),
        }),
    )
  }

  /** Ana and Bob meet. */
  async pair(): Promise<void> {
    await this.settle()
    const [ana, bob] = this.clients
    for (const client of [ana!, bob!]) {
      client.connect(client === ana ? 0 : this.#pick(2))
      await this.settle()
      client.enter('')
      await this.settle()
    }
    expect(ana!.room).toBeDefined()
    expect(bob!.room).toBe(ana!.room)
    await this.beat()
    await this.beat()
  }

  /** Delivers some of what waits. */
  async deliver(count: number): Promise<void> {
    for (let delivered = 0; delivered < count; delivered++) await this.#network.deliver(this.#pick)
  }

  /** Delivers all that waits, except to nodes that hang. */
  settle(): Promise<void> {
    return this.#network.settle(this.#pick)
  }

  /** Time passes, and nothing is delivered. */
  advance(ms: number): void {
    this.#clock.advance(ms)
  }

  /** Time passes in small steps, so that everything arrives before the timeouts of nodes. */
  async beat(): Promise<void> {
    for (let passedMs = 0; passedMs < beatMs; passedMs += 100) {
      this.advance(100)
      await this.settle()
    }
  }

  /** A client connects again, to this node or to the next one that has not stopped. */
  connect(client: RoamingClient, node: number): void {
    this.#moved.add(client)
    client.connect(this.#ended.has(node) ? (node + 1) % nodeCount : node)
  }

  hang(node: number): void {
    if (!this.#ended.has(node)) this.#network.hang(node)
  }

  /** A node that hangs continues. */
  wake(node: number): void {
    if (!this.#network.isHanging(node)) return
    this.#network.wake(node)
    this.#clocks[node]!.wake()
  }

  /** A node loses the Redis of one shard, which handles some of its calls before. */
  async cut(node: number, handled: number): Promise<void> {
    if (this.#isBroken(node)) return
    const shard = this.#pick(this.#redis.length)
    await this.#network.cut(wayOf(idOf(node), shard), handled)
    this.#engines[node]![shard]!.handleDisconnected()
  }

  /** A node that has lost Redis has it again. */
  mend(node: number): void {
    for (const [shard, engine] of this.#engines[node]!.entries()) {
      const way = wayOf(idOf(node), shard)
      if (!this.#network.isCut(way)) continue
      this.#network.mend(way)
      engine.handleConnected()
    }
  }

  /** A node stops, and releases its sessions. Does nothing if another one has stopped before. */
  stop(node: number): void {
    if (this.#isBroken(node) || this.#ended.size > 0) return
    this.#ended.add(node)
    const { core } = this.#servers[node]!
    core.engine.drain()
    for (const client of this.clients) if (client.node === node) client.drop()
    for (const session of core.sessions) core.sessions.end(session, 'stopped')
    void core.engine.close().then(() => {
      for (const shard of this.#redis.keys()) this.#network.remove(wayOf(idOf(node), shard))
    })
  }

  /** All nodes work again, and all clients come back. Then some seconds pass. */
  async recover(): Promise<void> {
    for (let node = 0; node < nodeCount; node++) {
      this.wake(node)
      this.mend(node)
    }
    await this.settle()
    for (let beats = 0, calm = 0; calm < 10; beats++) {
      if (beats > 60) throw new Error('a client cannot connect')
      await this.beat()
      const away = this.clients.filter(({ node }) => node === undefined)
      for (const client of away) this.connect(client, this.#pick(nodeCount))
      calm = away.length === 0 && this.clients.every(({ isWelcomed }) => isWelcomed) ? calm + 1 : 0
    }
    await this.settle()
  }

  /** Whether a client has a room in which no other client is. */
  get isSomebodyAlone(): boolean {
    const rooms = this.clients.flatMap(({ room }) => room ?? [])
    return rooms.some((room) => rooms.filter((other) => other === room).length === 1)
  }

  /** Checks that clients and servers agree, and that frames pass between two that are in a room. */
  async check(): Promise<void> {
    expect(this.faults).toEqual([])
    for (const client of this.clients) {
      const { name, room } = client
      const found = this.#servers.flatMap(({ core }, node) => {
        const session = core.sessions.find(client.sessionId)
        return session && !this.#ended.has(node) ? [{ node, session }] : []
      })
      expect([name, ...found.map(({ node }) => node)]).toEqual([name, client.node])
      const { participant } = found[0]!.session
      expect([name, participant.room?.id, participant.isClaiming]).toEqual([name, room, false])
      if (room === undefined) continue
      const partner = this.clients.find((other) => other !== client && other.room === room)
      expect(partner, `the partner of ${name}`).toBeDefined()
      expect([name, client.isPartnerPresent]).toEqual([name, true])
      const before = partner!.heard.length
      client.say()
      await this.settle()
      expect(`${name}: ${partner!.heard.length}`).toBe(`${name}: ${before + 1}`)
    }
    expect(this.faults).toEqual([])
  }

  readonly #pick = (count: number): number => {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#random / 2 ** 32) * count)
  }

  /** Whether the node has stopped, hangs, or has no Redis. */
  #isBroken(node: number): boolean {
    if (this.#ended.has(node) || this.#network.isHanging(node)) return true
    return [...this.#redis.keys()].some((shard) => this.#network.isCut(wayOf(idOf(node), shard)))
  }

  /** Returns the way of a client to a node. Its connections to one node do not overtake each other. */
  #laneTo(node: number, name: string): ReturnType<SteppedNetwork['addLane']> {
    const key = `${name} ${node}`
    const lane = this.#lanes.get(key) ?? this.#network.addLane(node)
    this.#lanes.set(key, lane)
    return lane
  }

  #createServer(node: number, clock: NodeClock, prefix: string): TestServer {
    const nodeId = idOf(node)
    const server: TestServer = new TestServer(settings, {
      clock,
      wallNow: () => this.#clock.now(),
      nodeId,
      onInternalError: (error) => {
        if (!expectedError.test(String(error))) this.faults.push(`${nodeId}: ${String(error)}`)
      },
      createEngine: (given) => {
        const engines: RedisEngine[] = []
        this.#engines[node] = engines
        const createEngine: ShardedEngineDependencies['createEngine'] = (shard, parts) => {
          const real = this.#redis[shard]!.link({ prefix, nodeId, onMessage: () => undefined })
          const link = this.#network.link(node, wayOf(nodeId, shard), {
            call: (payload) => real.call(payload),
            handleMessage: (payload) => engine.handleMessage(payload),
          })
          const engine: RedisEngine = new RedisEngine({
            ...given,
            ...parts,
            nodeId,
            link: { ...link, publish: (to, payload) => link.publish(wayOf(to, shard), payload) },
            graceMs: () => settings.resumeGraceMs,
            report: () => idleReport,
            maxHeldBytes: () => 65_536,
            onDataLost: (pairs) => server.core.restorePairs(pairs),
            nearMs: () => 0,
            isLocalAllowed: () => false,
            redisNow: () => this.#clock.now(),
          })
          engines[shard] = engine
          return engine
        }
        const count = this.#redis.length
        if (count > 1) return new ShardedEngine({ ...given, count, createEngine })
        const { maxRooms } = given
        return createEngine(0, { maxRooms })
      },
    })
    return server
  }

  #accept(node: number, connection: Connection, addressKey: string): ClientConnection {
    const { upgrade } = connection
    const { core } = this.#servers[node]!
    return new ClientConnection(connection, addressKey, {
      handlers: core.handlers,
      clock: this.#clocks[node]!,
      helloTimeoutMs: () => settings.helloTimeoutMs,
      join: (hello, link) => {
        const caller = { upgrade, addressKey, link, isConnected: () => link.isConnected }
        return handleHello(hello, caller, core.hello)
      },
      welcome: (joined) => core.welcome(joined),
      onRefused: () => undefined,
      onClosed: () => undefined,
    })
  }
}
