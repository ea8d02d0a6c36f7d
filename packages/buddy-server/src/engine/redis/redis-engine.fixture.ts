import { Bans } from '../../limits/bans.ts'
import type { BanList, Engine, NodeReport } from '../engine.ts'
import type { EngineUnderTest } from '../engine-world.fixture.ts'
import type { EngineDependencies } from '../memory/memory-engine.ts'
import type { RedisClient } from './redis-client.ts'
import { RedisEngine } from './redis-engine.ts'

let worlds = 0

const noFigures: NodeReport = {
  version: '1.2.3',
  startedAtMs: 0,
  isDraining: false,
  users: 0,
  away: 0,
  maxUsers: 10,
  connections: 0,
  waiting: 0,
  rooms: 0,
}

/**
 * Returns an engine with this number of nodes, which share a real Redis. Sessions join at the nodes in turn. The test's
 * clock is also the clock of Redis.
 * @param nearMs a ticket of the same node is preferred if it has waited at most this much shorter than another
 */
export function createRedisEngines(
  client: RedisClient,
  nodeCount: number,
  dependencies: EngineDependencies,
  nearMs = 0,
): EngineUnderTest {
  const prefix = `buddy:world ${worlds++}:`
  /** The calls without an answer, and the messages that were not received. */
  const pending = { count: 0 }
  const done = (): void => void pending.count--
  const engines = Array.from({ length: nodeCount }, (_, index) => {
    const nodeId = `node ${index}`
    const link = client.link({
      prefix,
      nodeId,
      onMessage: (payload) => {
        done()
        engine.handleMessage(payload)
      },
    })
    pending.count++
    const ready = link.ready()
    void ready.finally(done)
    const engine: RedisEngine = new RedisEngine({
      ...dependencies,
      nodeId,
      bans: new Bans(() => dependencies.clock.now()),
      graceMs: () => 30_000,
      report: () => ({ ...noFigures, users: index }),
      maxHeldBytes: () => 65_536,
      onDataLost: () => undefined,
      nearMs: () => nearMs,
      isLocalAllowed: () => false,
      redisNow: () => dependencies.clock.now(),
      link: {
        call: (payload) => {
          pending.count++
          return link.call(payload).finally(done)
        },
        publish: (node, payload) => {
          pending.count++
          return ready.then(() => link.publish(node, payload))
        },
      },
    })
    return engine
  })
  for (const each of engines) each.handleConnected()
  let next = 0
  /** The node of each session. */
  const nodes = new Map<string, RedisEngine>()
  const nodeOf = (sessionId: string): RedisEngine => {
    const known = nodes.get(sessionId) ?? engines[next++ % nodeCount]!
    nodes.set(sessionId, known)
    return known
  }
  const [first] = engines
  const engine: Engine = {
    isUp: true,
    hasOtherNodes: true,
    bans: bansOf(engines),
    pairs: first!.pairs,
    get counts() {
      return latestCounts(engines)
    },
    get nodes() {
      return first!.nodes
    },
    usersOf: (site) => first!.usersOf(site),
    admit: (profile, limits) => nodeOf(profile.seat.sessionId).admit(profile, limits),
    cancel: (sessionId) => nodeOf(sessionId).cancel(sessionId),
    join: (profile, ...rest) => nodeOf(profile.seat.sessionId).join(profile, ...rest),
    adopt: (sessionId) => {
      nodes.delete(sessionId)
      return nodeOf(sessionId).adopt(sessionId)
    },
    reload: () => first!.reload(),
    sweep: (awayMs) => first!.sweep(awayMs),
    drain: () => first!.drain(),
    close: () => Promise.resolve(),
  }
  return {
    engine,
    step: () => undefined,
    async settle() {
      // Calls are made in a microtask, and their answers cause others.
      do await new Promise(setImmediate)
      while (pending.count > 0)
    },
  }
}

/** Returns the counts that the most recent answer contained. */
function latestCounts(engines: readonly RedisEngine[]): Engine['counts'] {
  return engines.reduce((one, other) => (other.answeredAt > one.answeredAt ? other : one)).counts
}

/** Returns the bans of all nodes, which must agree. The first node changes them. */
function bansOf([first, ...others]: readonly RedisEngine[]): BanList {
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
