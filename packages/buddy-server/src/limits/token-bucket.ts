/**
 * The rate of a token bucket, which holds at most `burst` tokens and gains `perSecond` tokens each second.
 */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** A token bucket, which is full at first. The caller passes the time to each method. */
export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #atMs: number

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#atMs = nowMs
  }

  /**
   * Takes `cost` tokens and returns 0. If there are not enough, takes none and returns the milliseconds until
   * there are.
   */
  take(nowMs: number, cost = 1): number {
    this.#refill(nowMs)
    const { perSecond } = this.#rate
    if (this.#tokens >= cost) {
      this.#tokens -= cost
      return 0
    }
    return Math.ceil(((cost - this.#tokens) / perSecond) * 1000)
  }

  /** Returns whether `take` would return 0. */
  has(nowMs: number, cost = 1): boolean {
    this.#refill(nowMs)
    return this.#tokens >= cost
  }

  /** Returns whether the bucket is full, like a new one. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens >= this.#rate.burst
  }

  #refill(nowMs: number): void {
    const { burst, perSecond } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * perSecond)
    this.#atMs = nowMs
  }
}
