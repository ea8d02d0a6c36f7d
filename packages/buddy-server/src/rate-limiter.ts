/** A bucket holds `burst` tokens and gains `perSecond`; a frame takes one. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** A token bucket; time is given, not taken. */
export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #atMs: number

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#atMs = nowMs
  }

  /** Takes a token. Returns 0, or where there is none the milliseconds until there is one. */
  take(nowMs: number): number {
    const { burst, perSecond } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * perSecond)
    this.#atMs = nowMs
    if (this.#tokens >= 1) {
      this.#tokens--
      return 0
    }
    return Math.ceil(((1 - this.#tokens) / perSecond) * 1000)
  }
}
