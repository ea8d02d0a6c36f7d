import type { HttpRequest } from '../transport/transport.ts'
import { AddressTable } from './address-table.ts'
import { TokenBucket } from './token-bucket.ts'

/**
 * Maximum number of pending responses to one address. Each uses some kilobytes until the client has read it.
 */
const maxResponsesPerAddress = 512
/** After this time, a client with too many pending responses may retry. */
const busyRetryAfterMs = 1000
/**
 * Maximum rate of refusals that are sent as a response to one address. Beyond it, the connection is closed
 * without a response, which costs less.
 */
const refusalRate = { burst: 20, perSecond: 1 }
const maxAddresses = 100_000

interface HttpAdmissionDependencies {
  readonly now: () => number
  /** Returns the key of the client's address in limits. */
  readonly addressKeyOf: (request: HttpRequest) => string
  readonly maxRequestsPerAddressPerMinute: () => number
}

interface Address {
  responses: number
  /**
   * The limit with which the bucket was created. A reload may change the limit; then the bucket is replaced.
   */
  maxRequests: number
  requests: TokenBucket
  readonly refusals: TokenBucket
}

/** The decision about a request. */
export type HttpVerdict =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number }
  /** The request is refused without a response, because the address has received too many refusals. */
  | { readonly kind: 'dropped' }

const admitted: HttpVerdict = { kind: 'admitted' }
const dropped: HttpVerdict = { kind: 'dropped' }

/** Decides whether an HTTP request is answered, by the address of the client. */
export class HttpAdmission {
  readonly #dependencies: HttpAdmissionDependencies
  readonly #addresses: AddressTable<Address>

  constructor(dependencies: HttpAdmissionDependencies) {
    this.#dependencies = dependencies
    const { now } = dependencies
    this.#addresses = new AddressTable<Address>({
      maxAddresses,
      create: () => ({
        ...this.#allowance(),
        responses: 0,
        refusals: new TokenBucket(refusalRate, now()),
      }),
      isIdle: ({ responses, requests, refusals }) =>
        responses === 0 && requests.isFull(now()) && refusals.isFull(now()),
    })
  }

  /** Decides about a request. If it is admitted, its response counts as pending until it is done. */
  judge(request: HttpRequest): HttpVerdict {
    const { now, addressKeyOf, maxRequestsPerAddressPerMinute } = this.#dependencies
    const address = this.#addresses.get(addressKeyOf(request))
    if (address.maxRequests !== maxRequestsPerAddressPerMinute()) {
      Object.assign(address, this.#allowance())
    }
    const retryAfterMs =
      address.responses >= maxResponsesPerAddress ? busyRetryAfterMs : address.requests.take(now())
    if (retryAfterMs > 0) {
      return address.refusals.take(now()) === 0 ? { kind: 'refused', retryAfterMs } : dropped
    }
    address.responses++
    request.onDone(() => address.responses--)
    return admitted
  }

  /** Deletes the counters of idle addresses. */
  sweep(): Promise<void> {
    return this.#addresses.sweep()
  }

  #allowance(): Pick<Address, 'maxRequests' | 'requests'> {
    const { now, maxRequestsPerAddressPerMinute } = this.#dependencies
    const maxRequests = maxRequestsPerAddressPerMinute()
    const rate = { burst: maxRequests, perSecond: maxRequests / 60 }
    return { maxRequests, requests: new TokenBucket(rate, now()) }
  }
}
