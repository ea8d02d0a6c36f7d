import { closeCodes, waitAfterCloseMs } from '@buddy-chat/protocol'
import { encode } from '../codec.ts'
import { ClientConnection, type ConnectionContext } from './client-connection.ts'
import type { Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Core } from '../core/core.ts'
import type { Notify } from '../events.ts'
import { handleHello } from '../handlers/hello.ts'
import type { BuddyServerHooks } from '../hooks/hooks.ts'
import { ConnectionAdmission } from '../limits/connection-admission.ts'
import { addressKey } from '../limits/client-address.ts'
import { closeAfter, refusal } from '../limits/refusal.ts'
import type { Log } from '../operations/log/create-log.ts'
import type { Connection, ConnectionEvents, Upgrade } from '../transport/transport.ts'
import type { Wheel } from './wheel.ts'

interface ConnectionAcceptorDependencies {
  /** All accepted connections that are open. */
  readonly connections: Wheel<ClientConnection>
  /** The current settings. A reload may change them. */
  readonly settings: () => ResolvedServerOptions
  readonly clock: Clock
  readonly log: Log
  readonly core: Core
  readonly notify: Notify
  readonly hooks: Pick<BuddyServerHooks, 'onUpgrade'>
  readonly addressOf: (upgrade: Upgrade) => string
  /** Whether the server is stopping and accepts no connection any more. */
  readonly isDraining: () => boolean
  /** Returns the time for the `going-away` of a refused connection, in milliseconds. */
  readonly reconnectAfterMs: () => number
  /** Whether the process is near its limit of open files. */
  readonly isOutOfSockets: () => boolean
  readonly onInternalError: (error: unknown) => void
}

/** Maximum time for a `going-away` message if there are other nodes, in milliseconds. */
const maxHandOverAfterMs = 500

/** The event handlers of a refused connection. They ignore all events. */
const ignoreEvents: ConnectionEvents = {
  onFrame: () => undefined,
  onPing: () => undefined,
  onPong: () => undefined,
  onBacklog: () => undefined,
  onClose: () => undefined,
}

/**
 * Returns the time for a `going-away` message, in milliseconds. It is random, so that not all clients
 * reconnect at the same moment.
 */
export function reconnectAfterMs(): number {
  return Math.floor(Math.random() * 2 * waitAfterCloseMs['going-away'])
}

/**
 * Returns the time for a `going-away` message if there are other nodes, in milliseconds. It is short, because another
 * node can take the client now.
 */
export function handOverAfterMs(): number {
  return Math.floor(Math.random() * maxHandOverAfterMs)
}

/** Accepts or refuses new connections, and knows which ones are open. */
export class ConnectionAcceptor {
  readonly #dependencies: ConnectionAcceptorDependencies
  readonly #admission: ConnectionAdmission
  /** All connections share this object, because closures for each would use memory for every user. */
  readonly #context: ConnectionContext
  #onceEmpty: (() => void) | undefined
  #hasWarnedOfProxy = false

  constructor(dependencies: ConnectionAcceptorDependencies) {
    const { connections, settings, clock, core, addressOf, isOutOfSockets, notify } = dependencies
    this.#dependencies = dependencies
    this.#admission = new ConnectionAdmission({
      now: () => clock.now(),
      addressKeyOf: (upgrade) => addressKey(addressOf(upgrade)),
      isAllowedOrigin: (upgrade) => core.sites.isKnownOrigin(upgrade),
      isOutOfSockets,
      maxConnectionsPerAddress: () => settings().maxConnectionsPerAddress,
      maxConnectsPerAddress: () => settings().maxConnectsPerAddress,
    })
    this.#context = {
      handlers: core.handlers,
      clock,
      helloTimeoutMs: () => settings().helloTimeoutMs,
      join: (hello, client) =>
        handleHello(
          hello,
          {
            upgrade: client.upgrade,
            addressKey: client.addressKey,
            link: client,
            isConnected: () => client.isConnected,
          },
          core.hello,
        ),
      welcome: (joined) => core.welcome(joined),
      onRefused: (code, { upgrade }) => notify('refused', { code, origin: upgrade.origin }),
      onClosed: (client) => {
        this.#admission.release(client.addressKey)
        connections.delete(client, client.slot)
        if (connections.size === 0) this.#onceEmpty?.()
      },
    }
  }

  /** Accepts a connection, or refuses it: sends an error with the reason and closes it. */
  handleConnection(connection: Connection): ConnectionEvents {
    const { connections, isDraining, notify } = this.#dependencies
    const { upgrade } = connection
    if (isDraining()) {
      connection.send(
        encode({ type: 'going-away', reconnectAfterMs: this.#dependencies.reconnectAfterMs() }),
      )
      connection.close(closeCodes['going-away'], 'going-away')
      return ignoreEvents
    }
    this.#warnOfUnknownProxy(upgrade)
    const admitted = this.#admit(upgrade)
    if ('code' in admitted) {
      const { code, message, retryAfterMs } = admitted
      connection.send(encode({ type: 'error', code, message, retryAfterMs }))
      connection.close(closeCodes[closeAfter(code)], closeAfter(code))
      notify('refused', { code, origin: upgrade.origin })
      return ignoreEvents
    }
    const client = new ClientConnection(connection, admitted.addressKey, this.#context)
    client.slot = connections.add(client)
    return client
  }

  /** Deletes the counters of addresses without connections whose limits have recovered. */
  sweep(): Promise<void> {
    return this.#admission.sweep()
  }

  /** Resolves when no connection is open, or after `timeoutMs`. */
  untilEmpty(timeoutMs: number): Promise<void> {
    const { clock, connections } = this.#dependencies
    return new Promise((resolve) => {
      const cancel = clock.after(timeoutMs, resolve)
      this.#onceEmpty = () => {
        cancel()
        resolve()
      }
      if (connections.size === 0) this.#onceEmpty()
    })
  }

  #admit(upgrade: Upgrade): ReturnType<ConnectionAdmission['admit']> {
    const { hooks, addressOf, onInternalError } = this.#dependencies
    const admitted = this.#admission.admit(upgrade)
    if ('code' in admitted || !hooks.onUpgrade) return admitted
    const visitor = { origin: upgrade.origin, address: addressOf(upgrade) }
    try {
      const answer: unknown = hooks.onUpgrade(visitor)
      // A hook may return a promise although its type forbids it. A promise is not `false`, so it would admit
      // every client, and its rejection would end the process.
      if (answer instanceof Promise) {
        answer.catch(onInternalError)
        throw new Error(
          'onUpgrade returned a promise: it must answer at once, so the client is refused',
        )
      }
      if (answer !== false) return admitted
    } catch (error) {
      onInternalError(error)
    }
    this.#admission.release(admitted.addressKey)
    return refusal('refused', 'this server has refused the client')
  }

  /**
   * Warns once if requests come through a proxy that is not configured. All clients behind it would share the
   * limits of one address.
   */
  #warnOfUnknownProxy({ forwardedFor }: Upgrade): void {
    const { trustedProxyHops, trustedProxies } = this.#dependencies.settings()
    const isKnown = trustedProxyHops > 0 || trustedProxies.length > 0
    if (isKnown || forwardedFor === '' || this.#hasWarnedOfProxy) return
    this.#hasWarnedOfProxy = true
    this.#dependencies.log.warn(
      'X-Forwarded-For is ignored: set TRUSTED_PROXY_HOPS or TRUSTED_PROXIES if a proxy of yours sends it',
    )
  }
}
