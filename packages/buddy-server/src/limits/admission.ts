import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'
import { subprotocol } from '@buddy-chat/protocol'
import { createOriginCheck } from './origins.ts'
import type { Upgrade } from '../transport/transport.ts'

/** Why a connection is not wanted; every one of these is an error and a close code alike. */
export interface Refusal {
  readonly code: ErrorCode & CloseCode
  readonly message: string
  /** When to try again, in milliseconds; null: it would end the same way. */
  readonly retryAfterMs: number | null
}

/** A connection that was let in; give it back when it has closed. */
export interface Admitted {
  readonly release: () => void
}

interface AdmissionOptions {
  readonly allowedOrigins: readonly string[]
  readonly maxConnectionsPerAddress: number
  /** Proxies of our own in front, whose additions to `X-Forwarded-For` can be believed. */
  readonly trustedProxyHops: number
}

/** How long a client stays away that was refused for its address's sake. */
const retryAfterMs = 10_000

/**
 * The client's address: the TCP peer's, or with `hops` trusted proxies the address that the
 * outermost of them saw, which is the `hops`-th from the right of `X-Forwarded-For`. Whatever
 * stands further left, the client may have written itself.
 */
export function clientAddress(
  { remoteAddress, forwardedFor }: Pick<Upgrade, 'remoteAddress' | 'forwardedFor'>,
  hops: number,
): string {
  if (hops === 0) return remoteAddress
  const seen = forwardedFor.split(',').map((address) => address.trim())
  return seen.at(-hops) || remoteAddress
}

/** Who may connect at all, before a word is said. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #isAllowedOrigin: (origin: string | undefined) => boolean
  readonly #byAddress = new Map<string, number>()

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#isAllowedOrigin = createOriginCheck(options.allowedOrigins)
  }

  admit(upgrade: Upgrade): Admitted | Refusal {
    if (!upgrade.protocols.includes(subprotocol)) {
      return refuse('unsupported-version', `this server speaks ${subprotocol} only`)
    }
    if (!this.#isAllowedOrigin(upgrade.origin)) {
      return refuse('origin-not-allowed', 'this origin is not in ALLOWED_ORIGINS')
    }
    const address = clientAddress(upgrade, this.#options.trustedProxyHops)
    const count = this.#byAddress.get(address) ?? 0
    if (count >= this.#options.maxConnectionsPerAddress) {
      return refuse('too-many-connections', 'too many connections from one address', retryAfterMs)
    }
    this.#byAddress.set(address, count + 1)
    return { release: () => this.#release(address) }
  }

  #release(address: string): void {
    const count = (this.#byAddress.get(address) ?? 0) - 1
    if (count > 0) this.#byAddress.set(address, count)
    else this.#byAddress.delete(address)
  }
}

function refuse(code: Refusal['code'], message: string, after: number | null = null): Refusal {
  return { code, message, retryAfterMs: after }
}
