/** A bucket holds at most `burst` tokens and gains `perSecond` tokens a second. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** A token bucket. The caller passes the time to each method. */
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
   * Takes `cost` tokens and returns 0. If there are fewer, takes none and returns the milliseconds until
   * there are enough.
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

  /** Whether `take` would return 0. */
  has(nowMs: number, cost = 1): boolean {
    this.#refill(nowMs)
    return this.#tokens >= cost
  }

  /** Whether the bucket is full, as a new one is. */
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
