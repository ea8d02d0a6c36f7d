import { ContractSession, EngineWorld } from '../engine-world.fixture.ts'
import type { useRedis } from './connected-redis.fixture.ts'
import { createRedisEngines } from './redis-engine.fixture.ts'

/** A takeover by force takes this time, in milliseconds. */
export const takeoverMs = 1000
export const beatMs = 500

/** Creates three nodes. Ana is at node 0, and Bob at node 1. They share a room. */
export async function createCrowd(redis: Pick<ReturnType<typeof useRedis>, 'client' | 'server'>) {
  let nodes: ReturnType<typeof createRedisEngines>
  const world = new EngineWorld((given) => (nodes = createRedisEngines([redis.client], 3, given)))
  const [ana, bob] = await world.pair('ana', 'bob')
  for (let beat = 0; beat < 3; beat++) await world.advance(beatMs)
  /** Takes a session over at a node, while its former node hangs. Resolves with it, and with what was kept for it. */
  const takeOver = async (id: string, node: number) => {
    const engine = nodes.nodes[node]!
    const taking = engine.adopt(id, '', 1)
    await world.settle()
    await world.advance(takeoverMs)
    const adopted = await taking
    if (!adopted || adopted === 'elsewhere') throw new Error('the session is not taken over')
    const session = new ContractSession(id, engine, true)
    return { session, kept: adopted.frames.map(({ frame, ...rest }) => [frame[0], rest]) }
  }
  /** Redis loses all its data. */
  const lose = (): void => void redis.server.run('FLUSHALL')
  /** Time passes while some nodes have no Redis. */
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += beatMs) {
      world.clock.advance(beatMs)
      await nodes.settle()
    }
  }
  /** Redis answers a node again. The errors until then were expected. */
  const recover = async (node: number): Promise<void> => {
    await nodes.settle()
    world.errors.splice(0)
    nodes.recover(node)
    await world.settle()
  }
  return { world, nodes: nodes!, ana, bob, takeOver, lose, pass, recover }
}

/** Settles the world, and resolves as the promise does. */
export async function settled<T>(world: EngineWorld, result: Promise<T>): Promise<T> {
  await Promise.all([world.settle(), result.catch(() => undefined)])
  return result
}

/** Returns the first byte of each frame that a session has received. */
export const bytesOf = (session: ContractSession): (number | undefined)[] =>
  session.frames.map(([byte]) => byte)
