import type { HttpRequest } from '../transport/transport.ts'
import { AddressTable } from './address-table.ts'
import { TokenBucket } from './token-bucket.ts'

/** Responses in progress to one address. Each takes some kilobytes until the client has read it. */
const maxResponsesPerAddress = 512
/** The retry time for a client with too many responses in progress. */
const busyRetryAfterMs = 1000
/**
 * Refusals that are sent as a response. Beyond this rate the connection is closed, which costs less.
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
  /** The limit that the bucket was made for. A reload may change the limit. */
  maxRequests: number
  requests: TokenBucket
  readonly refusals: TokenBucket
}

/** The decision about a request. */
export type HttpVerdict =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number }
  /** Refused without a response, because the address got too many refusals. */
  | { readonly kind: 'dropped' }

const admitted: HttpVerdict = { kind: 'admitted' }
const dropped: HttpVerdict = { kind: 'dropped' }

/** Decides which HTTP requests are answered, by the address of the client. */
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

  /**
   * Decides about a request. The response to an admitted one counts as in progress until it is done.
   */
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

  /** Forgets addresses that are idle. */
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
