import type { RedisClient } from './redis-client.ts'
import type { RedisEngineDependencies } from './engine-parts.ts'
import { RedisEngine } from './redis-engine.ts'

/** Creates the engine of a node, which receives the messages of the other nodes. */
export function connectEngine(
  client: Pick<RedisClient, 'link' | 'onUp' | 'onDown'>,
  dependencies: Omit<RedisEngineDependencies, 'link'>,
  prefix: string,
): RedisEngine {
  const { nodeId } = dependencies
  const link = client.link({
    prefix,
    nodeId,
    onMessage: (payload) => engine.handleMessage(payload),
  })
  const engine: RedisEngine = new RedisEngine({ ...dependencies, link })
  client.onUp(() => engine.handleConnected())
  client.onDown(() => engine.handleDisconnected())
  return engine
}
