import { Bans } from '../../limits/bans.ts'
import { DelayedEngine } from '../delayed-engine.fixture.ts'
import type { BanList, Engine } from '../engine.ts'
import { idleReport } from '../node-report.fixture.ts'
import type { EngineUnderTest } from '../engine-world.fixture.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisEngineDependencies } from './engine-parts.ts'
import { RedisEngine } from './redis-engine.ts'
import { ShardedEngine } from './sharded-engine.ts'

let worlds = 0

const idOf = (node: number): string => `node ${node}`
const numberOf = (nodeId: string): number => Number(nodeId.slice('node '.length))

/** A node of a test, with the engine of each of its shards. */
interface Node {
  readonly engine: RedisEngine | ShardedEngine
  readonly parts: readonly RedisEngine[]
}

/** An engine of several nodes, each of which can hang. */
export interface RedisEngineUnderTest extends EngineUnderTest {
  readonly nodes: readonly Engine[]
  /** From now on the node receives no message and no answer. What it sends waits. */
  hang(node: number): void
  /** The node continues. The messages that were sent to it meanwhile are lost. */
  wake(node: number): void
  /**
   * From now on the calls of the node fail.
   * @param areHandled whether Redis handles them before
   * @param shard the only shard whose calls fail. @default all
   */
  fail(node: number, areHandled: boolean, shard?: number): void
  /** The node calls Redis again. */
  retry(node: number): void
  /** Redis answers the node again. */
  recover(node: number): void
}

/**
 * Returns an engine with this number of nodes, which share a real Redis. Sessions join at the nodes in turn. The test's
 * clock is also the clock of Redis.
 * @param clients the connections, for each shard
 * @param nearMs a ticket of the same node is preferred if it has waited at most this much shorter than another
 * @param onDataLost called with the pairs of a shard at a node that finds that Redis has lost its data
 */
export function createRedisEngines(
  clients: readonly Pick<RedisClient, 'link'>[],
  nodeCount: number,
  dependencies: EngineDependencies,
  nearMs = 0,
  onDataLost: (pairs: Engine['pairs']) => void = () => undefined,
): RedisEngineUnderTest {
  const prefix = `buddy:world ${worlds++}:`
  /** The calls without an answer, and the messages that were not received. */
  const pending = { count: 0 }
  const done = (): void => void pending.count--
  /** What the nodes that hang will send. */
  const hanging = new Map<number, (() => void)[]>()
  /** The nodes whose calls fail, whether Redis handles them before, and the only shard where they do. */
  const failing = new Map<number, { readonly areHandled: boolean; readonly shard?: number }>()
  const failureOf = (node: number, index: number): { areHandled: boolean } | undefined => {
    const failure = failing.get(node)
    return failure && (failure.shard ?? index) === index ? failure : undefined
  }
  const untilAwake = (node: number): Promise<void> =>
    new Promise((resolve) => {
      const waiting = hanging.get(node)
      if (waiting) waiting.push(resolve)
      else resolve()
    })
  const createPart = (
    nodeId: string,
    index: number,
    given: Pick<RedisEngineDependencies, 'maxRooms' | 'sendBlock'>,
    number: number,
  ): RedisEngine => {
    const link = clients[index]!.link({
      prefix,
      nodeId,
      onMessage: (payload) => {
        done()
        if (!hanging.has(number)) engine.handleMessage(payload)
      },
    })
    pending.count++
    const ready = link.ready()
    void ready.finally(done)
    const engine: RedisEngine = new RedisEngine({
      ...dependencies,
      ...given,
      nodeId,
      bans: new Bans(() => dependencies.clock.now()),
      graceMs: () => 30_000,
      report: () => ({ ...idleReport, users: number }),
      maxHeldBytes: () => 65_536,
      onDataLost,
      nearMs: () => nearMs,
      isLocalAllowed: () => false,
      redisNow: () => dependencies.clock.now(),
      link: {
        call: async (payload) => {
          await untilAwake(number)
          pending.count++
          const areHandled = failureOf(number, index)?.areHandled
          const reply = areHandled === false ? Promise.resolve() : link.call(payload)
          return reply.finally(done).then((bytes) => {
            if (!bytes || areHandled) throw new Error('Redis does not answer')
            return bytes
          })
        },
        publish: async (node, payload) => {
          await untilAwake(number)
          // Redis has no connection to the other node.
          if (failureOf(numberOf(node), index)) return false
          pending.count++
          await ready
          return link.publish(node, payload)
        },
      },
    })
    return engine
  }
  const nodes = Array.from({ length: nodeCount }, (_, number): Node => {
    const parts: RedisEngine[] = []
    const createEngine = (
      index: number,
      given: Pick<RedisEngineDependencies, 'maxRooms' | 'sendBlock'>,
    ): RedisEngine => (parts[index] = createPart(idOf(number), index, given, number))
    const count = clients.length
    const engine =
      count === 1
        ? createEngine(0, dependencies)
        : new ShardedEngine({ ...dependencies, count, createEngine })
    return { engine, parts }
  })
  for (const part of nodes.flatMap(({ parts }) => parts)) part.handleConnected()
  let next = 0
  /** The node of each session. */
  const places = new Map<string, Engine>()
  const nodeOf = (sessionId: string): Engine => {
    const known = places.get(sessionId) ?? nodes[next++ % nodeCount]!.engine
    places.set(sessionId, known)
    return known
  }
  const [first] = nodes.map((node) => node.engine)
  const engine: Engine = {
    isUp: true,
    hasOtherNodes: true,
    bans: bansOf(nodes.map((node) => node.engine)),
    pairs: first!.pairs,
    get counts() {
      return latestCounts(nodes)
    },
    get nodes() {
      return first!.nodes
    },
    usersOf: (site) => first!.usersOf(site),
    admit: (profile, limits) => nodeOf(profile.seat.sessionId).admit(profile, limits),
    cancel: (sessionId) => nodeOf(sessionId).cancel(sessionId),
    join: (profile, ...rest) => nodeOf(profile.seat.sessionId).join(profile, ...rest),
    adopt: (sessionId, ...request) => {
      places.delete(sessionId)
      return nodeOf(sessionId).adopt(sessionId, ...request)
    },
    confirm: (sessionId, welcomes) => nodeOf(sessionId).confirm(sessionId, welcomes),
    reload: () => first!.reload(),
    sweep: (awayMs) => first!.sweep(awayMs),
    drain: () => first!.drain(),
    close: () => Promise.resolve(),
  }
  const retry = (node: number): void => {
    for (const part of nodes[node]!.parts) part.handleConnected()
  }
  return {
    engine,
    nodes: nodes.map((node) => node.engine),
    hang: (node) => void hanging.set(node, []),
    wake(node) {
      const waiting = hanging.get(node) ?? []
      hanging.delete(node)
      for (const resume of waiting) resume()
    },
    fail: (node, areHandled, shard) =>
      void failing.set(node, { areHandled, ...(shard !== undefined && { shard }) }),
    retry,
    recover(node) {
      failing.delete(node)
      retry(node)
    },
    step: () => undefined,
    async settle() {
      // Calls are made in a microtask, and their answers cause others.
      do await new Promise(setImmediate)
      while (pending.count > 0)
    },
  }
}

/** Returns two nodes whose commands and events are delayed, in an order that depends on the seed. */
export function createDelayedEngines(
  clients: readonly Pick<RedisClient, 'link'>[],
  seed: number,
  dependencies: EngineDependencies,
): EngineUnderTest {
  let inner: EngineUnderTest
  const engine = new DelayedEngine(seed, dependencies, (given) => {
    inner = createRedisEngines(clients, 2, given)
    return inner.engine
  })
  return {
    engine,
    step: () => engine.step(),
    async settle() {
      do {
        engine.settle()
        await inner.settle()
      } while (engine.step())
    },
  }
}

/** Returns the sums of the counts that the most recent answer of each shard contained. */
function latestCounts(nodes: readonly Node[]): Engine['counts'] {
  const sum = { waiting: 0, rooms: 0, users: 0 }
  for (const index of nodes[0]!.parts.keys()) {
    const parts = nodes.map((node) => node.parts[index]!)
    const { counts } = parts.reduce((one, other) =>
      other.answeredAt > one.answeredAt ? other : one,
    )
    sum.waiting += counts.waiting
    sum.rooms += counts.rooms
    sum.users += counts.users
  }
  return sum
}

/** Returns the bans of all nodes, which must agree. The first node changes them. */
function bansOf([first, ...others]: readonly Engine[]): BanList {
  const { bans } = first!
  const same = <T>(read: (list: BanList) => T): T => {
    const values = [bans, ...others.map((other) => other.bans)].map(read)
    if (new Set(values).size > 1) throw new Error(`nodes disagree: ${values.join()}`)
    return read(bans)
  }
  return {
    add: (...ban) => bans.add(...ban),
    delete: (key) => bans.delete(key),
    has: (key) => same((list) => list.has(key)),
    get size() {
      return same((list) => list.size)
    },
  }
}
