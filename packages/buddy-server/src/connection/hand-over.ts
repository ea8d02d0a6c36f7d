import type { Clock } from '../clock.ts'

/** How long a node that stops still serves everybody, so that load balancers notice that it is not ready. */
const noticeMs = 2000
/** How many connections are handed over in a second, unless the time is too short for that. */
const connectionsPerSecond = 200
/** The time between two steps, and the maximum number of connections in one. */
const stepMs = 20
const maxInStep = 100

/** The dependencies of {@link handOver}. */
export interface HandOverDependencies<T> {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Returns the connections to hand over. Called once, after the notice. */
  readonly connections: () => readonly T[]
  /** Called when no more connections may be accepted. */
  readonly onBegin: () => void
  /** Hands one connection over. */
  readonly handOver: (connection: T) => void
  /** The time for everything, in milliseconds. The last quarter of it stays unused. */
  readonly timeoutMs: number
}

/**
 * Hands the connections of a node that stops over to the other nodes, one after the other, so that the other nodes
 * and Redis do not receive all of them at once. First waits for a fifth of the time, but at most 2 s. In that time
 * load balancers notice that the node is not ready, and clients that still arrive are served.
 */
export async function handOver<T>(dependencies: HandOverDependencies<T>): Promise<void> {
  const { clock, connections, onBegin, timeoutMs } = dependencies
  await pause(clock, Math.min(noticeMs, timeoutMs / 5))
  onBegin()
  const all = connections()
  const durationMs = Math.min(timeoutMs / 2, (all.length / connectionsPerSecond) * 1000)
  const beginMs = clock.now()
  let done = 0
  while (done < all.length) {
    const share = durationMs > 0 ? Math.min(1, (clock.now() - beginMs) / durationMs) : 1
    const due = Math.max(done + 1, Math.floor(all.length * share))
    const next = Math.min(due, done + maxInStep)
    for (const connection of all.slice(done, next)) dependencies.handOver(connection)
    done = next
    await pause(clock, done < due ? 1 : stepMs)
  }
}

function pause(clock: Pick<Clock, 'after'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, () => resolve()))
}
