import { createHash, timingSafeEqual } from 'node:crypto'
import { AddressTable } from '../../limits/address-table.ts'
import { TokenBucket } from '../../limits/token-bucket.ts'
import type { HttpRequest } from '../../transport/transport.ts'

/** Wrong tokens from one address; with none left, the right one is not looked at either. */
const wrongRate = { burst: 20, perSecond: 1 / 60 }
/** More addresses than this share one allowance: an attacker has so many to get around the rate. */
const maxAddresses = 10_000

/** Whether a request shows the admin token. */
export type Access = 'granted' | 'none' | 'wrong' | 'too-many'

interface AdminAccessDependencies {
  /** Empty lets nobody in. */
  readonly adminToken: () => string
  readonly addressKeyOf: (request: HttpRequest) => string
  readonly now: () => number
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The token in an `Authorization` header: `Bearer <token>`, or `Basic` with it as the password. */
function tokenIn(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+)\s+(\S+)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : text.slice(colon + 1)
}

/**
 * Checks requests against the admin token. Whoever is wrong too often from one address has to wait
 * there; others do not.
 */
export class AdminAccess {
  readonly #dependencies: AdminAccessDependencies
  /** Addresses that were wrong lately. */
  readonly #wrong: AddressTable<TokenBucket>

  constructor(dependencies: AdminAccessDependencies) {
    const { now } = dependencies
    this.#dependencies = dependencies
    this.#wrong = new AddressTable<TokenBucket>({
      maxAddresses,
      create: () => new TokenBucket(wrongRate, now()),
      isIdle: (bucket) => bucket.isFull(now()),
    })
  }

  check(request: HttpRequest): Access {
    const { adminToken, addressKeyOf, now } = this.#dependencies
    const given = tokenIn(request.header('authorization'))
    if (given === undefined || adminToken() === '') return 'none'
    const key = addressKeyOf(request)
    const known = this.#wrong.find(key)
    if (known && !known.has(now())) return 'too-many'
    // Digests have one length: comparing takes as long whatever was given.
    if (timingSafeEqual(digest(given), digest(adminToken()))) return 'granted'
    this.#wrong.get(key).take(now())
    return 'wrong'
  }

  /** Forgets addresses that have waited long enough. */
  sweep(): Promise<void> {
    return this.#wrong.sweep()
  }
}
