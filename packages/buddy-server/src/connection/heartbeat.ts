import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import type { ClientConnection } from './client-connection.ts'
import type { Clock } from '../clock.ts'
import { Wheel } from './wheel.ts'

interface HeartbeatDependencies {
  readonly clock: Clock
  /** Between two beats of one connection. */
  readonly pingIntervalMs: number
  /** A connection that is silent for so long beyond the interval is dead. */
  readonly pingTimeoutMs: () => number
  /** What every client is sent with each beat. */
  readonly stats: () => Message
}

/**
 * The open connections. Each gets `stats` and a ping once in every interval, so that its client
 * knows that the server is alive; one whose client was silent for too long is terminated.
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
        // One frame for all connections of the slot.
        else connection.beat((frame ??= encode(stats())))
      }
    },
  })
}
