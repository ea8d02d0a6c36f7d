import { closeCodes, encode, waitAfterCloseMs } from '@buddy-chat/protocol'
import { ClientConnection, type ConnectionContext } from './client-connection.ts'
import type { Clock } from '../clock.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import type { Core } from '../core.ts'
import type { Notify } from '../events.ts'
import { handleHello } from '../handlers/hello.ts'
import type { BuddyServerHooks } from '../hooks.ts'
import { ConnectionAdmission } from '../limits/connection-admission.ts'
import type { Bans } from '../limits/bans.ts'
import { addressKey } from '../limits/client-address.ts'
import { refusal } from '../limits/refusal.ts'
import type { Log } from '../operations/log/create-log.ts'
import type { Connection, ConnectionEvents, Upgrade } from '../transport/transport.ts'
import type { Wheel } from './wheel.ts'

interface ReceptionDependencies {
  /** Where connections are kept that were admitted, while they are open. */
  readonly connections: Wheel<ClientConnection>
  /** As they are now: a reload may change them. */
  readonly settings: () => ResolvedServerOptions
  readonly clock: Clock
  readonly log: Log
  readonly core: Core
  readonly notify: Notify
  readonly hooks: Pick<BuddyServerHooks, 'onUpgrade'>
  readonly bans: Bans
  readonly addressOf: (upgrade: Upgrade) => string
  /** Whether the server stops: nobody is let in any more. */
  readonly isDraining: () => boolean
  /** Whether the limit of open files is near. */
  readonly isOutOfSockets: () => boolean
  readonly onInternalError: (error: unknown) => void
}

/** Answers a connection that is not let in: nothing it says is heard. */
const deaf: ConnectionEvents = {
  onFrame: () => undefined,
  onPing: () => undefined,
  onPong: () => undefined,
  onBacklog: () => undefined,
  onClose: () => undefined,
}

/** When one client of a server that stops is to come back: not all of them at once. */
export function reconnectAfterMs(): number {
  return Math.floor(Math.random() * 2 * waitAfterCloseMs['going-away'])
}

/** Lets connections in, or tells them why not, and knows those that are open. */
export class Reception {
  readonly #dependencies: ReceptionDependencies
  readonly #admission: ConnectionAdmission
  /** One for all connections: closures of each would cost their memory for every user. */
  readonly #context: ConnectionContext
  #onceEmpty: (() => void) | undefined
  #hasWarnedOfProxy = false

  constructor(dependencies: ReceptionDependencies) {
    const { connections, settings, clock, core, bans, addressOf, isOutOfSockets, notify } =
      dependencies
    this.#dependencies = dependencies
    this.#admission = new ConnectionAdmission({
      now: () => clock.now(),
      addressKeyOf: (upgrade) => addressKey(addressOf(upgrade)),
      isAllowedOrigin: (upgrade) => core.isKnownOrigin(upgrade),
      isBanned: (key) => bans.has(key),
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

  /** Lets a connection in, or tells it why not and closes it. */
  handleConnection(connection: Connection): ConnectionEvents {
    const { connections, isDraining, notify } = this.#dependencies
    const { upgrade } = connection
    if (isDraining()) {
      connection.send(encode({ type: 'going-away', reconnectAfterMs: reconnectAfterMs() }))
      connection.close(closeCodes['going-away'], 'going-away')
      return deaf
    }
    this.#warnOfUnknownProxy(upgrade)
    const admitted = this.#admit(upgrade)
    if ('code' in admitted) {
      const { code, message, retryAfterMs } = admitted
      connection.send(encode({ type: 'error', code, message, retryAfterMs }))
      connection.close(closeCodes[code], code)
      notify('refused', { code, origin: upgrade.origin })
      return deaf
    }
    const client = new ClientConnection(connection, admitted.addressKey, this.#context)
    client.slot = connections.add(client)
    return client
  }

  /** Forgets addresses that have used nothing of their limits for a while. */
  sweep(): Promise<void> {
    return this.#admission.sweep()
  }

  /** Resolves when no connection is left, or the time is over. */
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
      // Against its type. As a value it would let everybody in, and its rejection end the process.
      if (answer instanceof Promise) {
        answer.catch(onInternalError)
        throw new Error('onUpgrade has to answer at once: whom it promises something is not let in')
      }
      if (answer !== false) return admitted
    } catch (error) {
      onInternalError(error)
    }
    this.#admission.release(admitted.addressKey)
    return refusal('refused', 'you were not let in')
  }

  /** Without this setting, everybody behind the proxy shares one address and its limit. */
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
