import { subprotocol, waitAfterCloseMs } from '@buddy-chat/protocol'
import { forEachInSlices } from '../slices.ts'
import type { Upgrade } from '../transport/transport.ts'
import type { Refusal } from './refusal.ts'
import { refusal } from './refusal.ts'
import { TokenBucket } from './token-bucket.ts'

/** A connection that was admitted. Call {@link ConnectionAdmission.release} when it has closed. */
export interface Admitted {
  /** The key of the client's address in limits and bans. */
  readonly addressKey: string
}

interface AdmissionDependencies {
  readonly now: () => number
  /** Returns the key of the client's address in limits and bans. */
  readonly addressKeyOf: (upgrade: Upgrade) => string
  readonly isAllowedOrigin: (upgrade: Upgrade) => boolean
  /** Whether the process is close to its limit of open files. */
  readonly isOutOfSockets: () => boolean
  readonly maxConnectionsPerAddress: () => number
  readonly maxConnectsPerAddress: () => number
}

interface Address {
  open: number
  /**
   * The limit with which the bucket was created. A reload may change the limit; then the bucket is replaced.
   */
  maxConnects: number
  connects: TokenBucket
}

const minuteMs = 60_000

/** Decides whether a new connection is admitted, before its client has sent a message. */
export class ConnectionAdmission {
  readonly #dependencies: AdmissionDependencies
  readonly #addresses = new Map<string, Address>()

  constructor(dependencies: AdmissionDependencies) {
    this.#dependencies = dependencies
  }

  /** The number of addresses that have connections, or had some recently. */
  get addresses(): number {
    return this.#addresses.size
  }

  /** Admits a connection, or returns the reason why it is refused. */
  admit(upgrade: Upgrade): Admitted | Refusal {
    const { addressKeyOf, isAllowedOrigin, isOutOfSockets, maxConnectionsPerAddress, now } =
      this.#dependencies
    if (!upgrade.protocols.includes(subprotocol)) {
      return refusal('unsupported-version', `this server supports ${subprotocol} only`)
    }
    if (!isAllowedOrigin(upgrade)) {
      return refusal('origin-not-allowed', 'this origin may not use this server')
    }
    const addressKey = addressKeyOf(upgrade)
    const address = this.#address(addressKey)
    const waitMs = address.connects.take(now())
    if (waitMs > 0) {
      const message = 'too many new connections from one address'
      return refusal('too-many-connections', message, Math.max(waitMs, 1000))
    }
    if (address.open >= maxConnectionsPerAddress()) {
      return refusal(
        'too-many-connections',
        'too many connections from one address',
        waitAfterCloseMs['too-many-connections'],
      )
    }
    if (isOutOfSockets()) {
      return refusal(
        'server-full',
        'the server has too many connections',
        waitAfterCloseMs['server-full'],
      )
    }
    address.open++
    return { addressKey }
  }

  /** Call this when a connection that was admitted for `addressKey` has closed. */
  release(addressKey: string): void {
    this.#address(addressKey).open--
  }

  /** Deletes the addresses that have no connections and whose bucket is full again. */
  async sweep(): Promise<void> {
    const { now } = this.#dependencies
    await forEachInSlices(this.#addresses, ([key, { open, connects }]) => {
      if (open === 0 && connects.isFull(now())) this.#addresses.delete(key)
    })
  }

  #address(key: string): Address {
    const { maxConnectsPerAddress, now } = this.#dependencies
    const maxConnects = maxConnectsPerAddress()
    const known = this.#addresses.get(key)
    if (known?.maxConnects === maxConnects) return known
    const rate = { burst: maxConnects, perSecond: maxConnects / (minuteMs / 1000) }
    const connects = new TokenBucket(rate, now())
    const address = known ?? { open: 0, maxConnects, connects }
    Object.assign(address, { maxConnects, connects })
    this.#addresses.set(key, address)
    return address
  }
}
