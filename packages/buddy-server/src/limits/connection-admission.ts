import { subprotocol, waitAfterCloseMs } from '@buddy-chat/protocol'
import { forEachInSlices } from '../slices.ts'
import type { Upgrade } from '../transport/transport.ts'
import type { Refusal } from './refusal.ts'
import { refusal } from './refusal.ts'
import { TokenBucket } from './token-bucket.ts'

/** A connection that was admitted; call {@link ConnectionAdmission.release} when it has closed. */
export interface Admitted {
  /** What limits and bans count by. */
  readonly addressKey: string
}

interface AdmissionDependencies {
  readonly now: () => number
  /** What a client's limits count by. */
  readonly addressKeyOf: (upgrade: Upgrade) => string
  readonly isAllowedOrigin: (upgrade: Upgrade) => boolean
  readonly isBanned: (addressKey: string) => boolean
  /** Whether the process can have few sockets more. */
  readonly isOutOfSockets: () => boolean
  readonly maxConnectionsPerAddress: () => number
  readonly maxConnectsPerAddress: () => number
}

interface Address {
  open: number
  /** The cap its bucket was made for: a reload may have changed it. */
  maxConnects: number
  connects: TokenBucket
}

/** An address without connections is forgotten when its bucket is full again. */
const minuteMs = 60_000

/** Who may connect at all, before a word is said. */
export class ConnectionAdmission {
  readonly #dependencies: AdmissionDependencies
  readonly #addresses = new Map<string, Address>()

  constructor(dependencies: AdmissionDependencies) {
    this.#dependencies = dependencies
  }

  /** How many addresses something is known of. */
  get addresses(): number {
    return this.#addresses.size
  }

  /** Lets a connection in, or says why not. */
  admit(upgrade: Upgrade): Admitted | Refusal {
    const {
      addressKeyOf,
      isAllowedOrigin,
      isBanned,
      isOutOfSockets,
      maxConnectionsPerAddress,
      now,
    } = this.#dependencies
    if (!upgrade.protocols.includes(subprotocol)) {
      return refusal('unsupported-version', `this server speaks ${subprotocol} only`)
    }
    if (!isAllowedOrigin(upgrade)) {
      return refusal('origin-not-allowed', 'this origin may not use this server')
    }
    const addressKey = addressKeyOf(upgrade)
    if (isBanned(addressKey)) return refusal('banned', 'you have been shut out for a while')
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

  /** A connection that was admitted for `addressKey` has closed. */
  release(addressKey: string): void {
    this.#address(addressKey).open--
  }

  /** Forgets addresses that nothing is known of any more. */
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
