/** When and how often a failed attempt is repeated. */
export interface RetryPolicy {
  /** The maximum number of attempts for one event. */
  readonly attempts: number
  /** The longest delay before the second attempt. It doubles with each further attempt. */
  readonly baseDelayMs: number
  /** The upper limit of every delay, even if the receiver asks for a longer one. */
  readonly maxDelayMs: number
  /** Returns a number from 0 to 1. */
  readonly random: () => number
}

/** Request timeout, too early, too many requests: the same request may succeed later. */
const retryableStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/** Whether to retry after a response with `status`. Undefined: there was no response. */
export function isRetryable(status: number | undefined): boolean {
  return status === undefined || status >= 500 || retryableStatuses.has(status)
}

/**
 * Returns the delay after the `attempt`-th attempt: exponential backoff with full jitter, so that a receiver
 * that has recovered does not get all retries at the same moment. The delay is at least `retryAfterMs`, and
 * at most `maxDelayMs`.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, retryAfterMs = 0): number {
  const { random, baseDelayMs, maxDelayMs } = policy
  const delayMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1))
  return Math.min(maxDelayMs, Math.max(delayMs, retryAfterMs))
}
