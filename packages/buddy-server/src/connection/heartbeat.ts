import type { Message } from '@buddy-chat/protocol'
import { encode } from '../codec.ts'
import type { ClientConnection } from './client-connection.ts'
import type { Clock } from '../clock.ts'
import { Wheel } from './wheel.ts'

interface HeartbeatDependencies {
  readonly clock: Clock
  /** The time between two heartbeats of one connection. */
  readonly pingIntervalMs: number
  /** If the client sends nothing for the interval plus this time, its connection counts as dead. */
  readonly pingTimeoutMs: () => number
  /** Creates the message that every client receives with each heartbeat. */
  readonly stats: () => Message
}

/**
 * Creates the wheel that contains the open connections. Once in each interval, it sends `stats` and a ping on
 * each connection, so that the client knows that the server is alive. If the client was silent for too long,
 * it terminates the connection instead.
 */
export function createHeartbeat({
  clock,
  pingIntervalMs,
  pingTimeoutMs,
  stats,
}: HeartbeatDependencies): Wheel<ClientConnection> {
  return new Wheel({
    clock,
    intervalMs: pingIntervalMs,
    visit: (connections) => {
      const silentSinceMs = clock.now() - pingIntervalMs - pingTimeoutMs()
      let frame: Uint8Array | undefined
      for (const connection of connections) {
        if (connection.lastReceivedMs < silentSinceMs) connection.terminate()
        // All connections of a slot receive the same frame, so it is encoded once.
        else connection.beat((frame ??= encode(stats())))
      }
    },
  })
}
