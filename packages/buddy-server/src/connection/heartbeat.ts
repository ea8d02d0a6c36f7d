import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import type { ClientConnection } from './client-connection.ts'
import type { Clock } from '../clock.ts'
import { Wheel } from './wheel.ts'

interface HeartbeatDependencies {
  readonly clock: Clock
  /** The time between two beats of one connection. */
  readonly pingIntervalMs: number
  /** A connection that sends nothing for the interval and this time counts as dead. */
  readonly pingTimeoutMs: () => number
  /** The message that every client receives with each beat. */
  readonly stats: () => Message
}

/**
 * Makes the wheel of the open connections. Once in every interval each connection is sent `stats` and a
 * ping, so that its client knows that the server is alive. If the client was silent for too long, the
 * connection is terminated instead.
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
        // All connections of the slot share one frame.
        else connection.beat((frame ??= encode(stats())))
      }
    },
  })
}
