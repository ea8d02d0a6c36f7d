import type { HttpRequest } from '../transport/transport.ts'
import { AddressTable } from './address-table.ts'
import { TokenBucket } from './token-bucket.ts'

/** Answers on their way to one address; each takes some kilobytes until the client has read it. */
const maxAnswersPerAddress = 512
/** When a client may ask again that was refused for the answers on their way. */
const busyRetryAfterMs = 1000
/** Refusals that are answered; above that the connection is closed, which costs less. */
const refusalRate = { burst: 20, perSecond: 1 }
const maxAddresses = 100_000

interface HttpAdmissionDependencies {
  readonly now: () => number
  /** What a client's limits count by. */
  readonly addressKeyOf: (request: HttpRequest) => string
  readonly maxRequestsPerAddressPerMinute: () => number
}

interface Address {
  answers: number
  /** What its bucket was made for: a reload may have changed it. */
  maxRequests: number
  requests: TokenBucket
  readonly refusals: TokenBucket
}

/** What becomes of a request. */
export type HttpVerdict =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number }
  /** Refused, without an answer: there were too many of those. */
  | { readonly kind: 'dropped' }

const admitted: HttpVerdict = { kind: 'admitted' }
const dropped: HttpVerdict = { kind: 'dropped' }

/** Decides which HTTP requests are answered, by the address that they come from. */
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
        answers: 0,
        refusals: new TokenBucket(refusalRate, now()),
      }),
      isIdle: ({ answers, requests, refusals }) =>
        answers === 0 && requests.isFull(now()) && refusals.isFull(now()),
    })
  }

  /** Judges a request. One that is admitted counts as on its way until it is done. */
  judge(request: HttpRequest): HttpVerdict {
    const { now, addressKeyOf, maxRequestsPerAddressPerMinute } = this.#dependencies
    const address = this.#addresses.get(addressKeyOf(request))
    if (address.maxRequests !== maxRequestsPerAddressPerMinute()) {
      Object.assign(address, this.#allowance())
    }
    const retryAfterMs =
      address.answers >= maxAnswersPerAddress ? busyRetryAfterMs : address.requests.take(now())
    if (retryAfterMs > 0) {
      return address.refusals.take(now()) === 0 ? { kind: 'refused', retryAfterMs } : dropped
    }
    address.answers++
    request.onDone(() => address.answers--)
    return admitted
  }

  /** Forgets addresses that have used nothing of their limits for a while. */
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
