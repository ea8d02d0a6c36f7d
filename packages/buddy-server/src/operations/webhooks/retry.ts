/** Decides when and how often a failed attempt is repeated. */
export interface RetryPolicy {
  /** The maximum number of attempts for one event. */
  readonly attempts: number
  /** The maximum delay before the second attempt. The maximum doubles with each further attempt. */
  readonly baseDelayMs: number
  /** The upper limit of every delay, even if the receiver asks for a longer one. */
  readonly maxDelayMs: number
  /** Returns a number from 0 to 1. */
  readonly random: () => number
}

/** Six attempts, with delays of at most one minute. */
export const defaultRetries = { attempts: 6, baseDelayMs: 1000, maxDelayMs: 60_000 } as const

/**
 * "Request Timeout", "Too Early" and "Too Many Requests". After these, the same request may succeed later.
 */
const retryableStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/** Returns whether to retry after a response with this status. Pass undefined if there was no response. */
export function isRetryable(status: number | undefined): boolean {
  return status === undefined || status >= 500 || retryableStatuses.has(status)
}

/**
 * Returns the delay after the `attempt`-th attempt. It is exponential backoff with full jitter, so that a
 * receiver that has recovered does not get all retries at the same moment. The delay is at least
 * `retryAfterMs`, but never more than `maxDelayMs`.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, retryAfterMs = 0): number {
  const { random, baseDelayMs, maxDelayMs } = policy
  const delayMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1))
  return Math.min(maxDelayMs, Math.max(delayMs, retryAfterMs))
}
