import { createHash, timingSafeEqual } from 'node:crypto'
import { AddressTable } from '../../limits/address-table.ts'
import { TokenBucket } from '../../limits/token-bucket.ts'
import type { HttpRequest } from '../../transport/transport.ts'

/**
 * The maximum rate of wrong tokens from one address. While an address exceeds it, its tokens are not checked.
 */
const wrongRate = { burst: 20, perSecond: 1 / 60 }
/**
 * The maximum number of addresses with a rate of their own. Further addresses share one rate, because an
 * attacker may have many addresses.
 */
const maxAddresses = 10_000

/** The result of a check. `none` means that the request has no token, or that the server has none. */
export type Access = 'granted' | 'none' | 'wrong' | 'too-many'

interface AdminAccessDependencies {
  /** Returns the admin token. If it is empty, no request is granted. */
  readonly adminToken: () => string
  readonly addressKeyOf: (request: HttpRequest) => string
  readonly now: () => number
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Returns the user name and the password in an `Authorization: Basic` header. */
function basicCredentials(authorization: string): readonly [string, string] | undefined {
  const [, value = ''] = /^basic\s+(\S+)\s*$/i.exec(authorization) ?? []
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}

/**
 * Returns the user name with which an operator has signed in to a browser. It is empty for `Bearer`. Only the
 * token is checked, so the operator may choose any name.
 */
export function operatorName(request: HttpRequest): string {
  return basicCredentials(request.header('authorization'))?.[0].trim() ?? ''
}

/**
 * Returns the token in an `Authorization` header: `Bearer <token>`, or `Basic` with the token as
 * password.
 */
function tokenIn(authorization: string): string | undefined {
  const [, bearer] = /^bearer\s+(\S+)\s*$/i.exec(authorization) ?? []
  return bearer ?? basicCredentials(authorization)?.[1]
}

/**
 * Checks requests for the admin token. After too many wrong tokens from one address, requests from that
 * address have to wait. Other addresses are not affected.
 */
export class AdminAccess {
  readonly #dependencies: AdminAccessDependencies
  /** The rates of the addresses that sent a wrong token recently. */
  readonly #wrong: AddressTable<TokenBucket>
  /** The results of requests so far. A request with a body is checked twice, and counts once. */
  readonly #results = new WeakMap<HttpRequest, Access>()

  constructor(dependencies: AdminAccessDependencies) {
    const { now } = dependencies
    this.#dependencies = dependencies
    this.#wrong = new AddressTable<TokenBucket>({
      maxAddresses,
      create: () => new TokenBucket(wrongRate, now()),
      isIdle: (bucket) => bucket.isFull(now()),
    })
  }

  /**
   * Checks a request. A wrong token counts towards the rate of its address, once for each request. A later
   * check of the same request has the same result.
   */
  check(request: HttpRequest): Access {
    const known = this.#results.get(request)
    if (known) return known
    const result = this.#examine(request)
    this.#results.set(request, result)
    return result
  }

  #examine(request: HttpRequest): Access {
    const { adminToken, addressKeyOf, now } = this.#dependencies
    const given = tokenIn(request.header('authorization'))
    if (given === undefined || adminToken() === '') return 'none'
    const key = addressKeyOf(request)
    const known = this.#wrong.find(key)
    if (known && !known.has(now())) return 'too-many'
    // The digests have the same length, so the time of the comparison does not depend on the token.
    if (timingSafeEqual(digest(given), digest(adminToken()))) return 'granted'
    this.#wrong.get(key).take(now())
    return 'wrong'
  }

  /** Deletes the rates of addresses that have sent no wrong token for long enough. */
  sweep(): Promise<void> {
    return this.#wrong.sweep()
  }
}
