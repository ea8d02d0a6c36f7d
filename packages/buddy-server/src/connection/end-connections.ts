import type { Clock } from '../clock.ts'
import type { Core } from '../core/core.ts'
import { forEachInSlices } from '../slices.ts'
import type { ClientConnection } from './client-connection.ts'
import type { ConnectionAcceptor } from './connection-acceptor.ts'
import { handOverAfterMs, reconnectAfterMs } from './connection-acceptor.ts'
import { handOver } from './hand-over.ts'

/** The dependencies of {@link endConnections}. */
export interface EndConnectionsDependencies {
  readonly clock: Clock
  readonly core: Core
  readonly connections: Iterable<ClientConnection>
  readonly acceptor: Pick<ConnectionAcceptor, 'untilEmpty'>
  /** The time in which calls may end, or are handed over, in milliseconds. */
  readonly timeoutMs: number
  /** Called when new connections must be refused. */
  readonly onRefuse: () => void
}

/** Maximum time for the close frames of the last connections. */
const closeFramesTimeoutMs = 500

/**
 * Ends the connections of a server that stops. Waits for the end of calls, or hands all sessions over if there are
 * other nodes.
 */
export async function endConnections(dependencies: EndConnectionsDependencies): Promise<void> {
  const { core, connections, acceptor } = dependencies
  await (core.engine.hasOtherNodes ? giveAway(dependencies) : drain(dependencies))
  await forEachInSlices(connections, (connection) => connection.close('going-away'))
  // The time is limited, so that a client that does not accept its close frame does not delay the rest.
  await acceptor.untilEmpty(closeFramesTimeoutMs)
}

/** Asks every client to reconnect later, and waits for the end of calls. */
async function drain({
  connections,
  acceptor,
  timeoutMs,
  onRefuse,
}: EndConnectionsDependencies): Promise<void> {
  onRefuse()
  await forEachInSlices(connections, (connection) => {
    connection.send({ type: 'going-away', reconnectAfterMs: reconnectAfterMs() })
    const { session } = connection
    if (!session?.participant.isPartnerPresent) connection.close('going-away')
  })
  await acceptor.untilEmpty(timeoutMs)
}

/** Hands all sessions over to the other nodes. */
async function giveAway({
  clock,
  core,
  connections,
  timeoutMs,
  onRefuse,
}: EndConnectionsDependencies): Promise<void> {
  core.engine.drain()
  await handOver({
    clock,
    timeoutMs,
    onBegin: onRefuse,
    connections: () => [...connections],
    handOver: (connection) => {
      const { session } = connection
      connection.send({ type: 'going-away', reconnectAfterMs: handOverAfterMs() })
      connection.close('going-away')
      if (session) core.sessions.end(session, 'stopped')
    },
  })
}
