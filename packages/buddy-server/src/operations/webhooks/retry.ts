/** When a failed attempt is made again. */
export interface RetryPolicy {
  /** Attempts at one event. */
  readonly attempts: number
  /** The longest delay before the second attempt; each further one may be twice as long. */
  readonly baseDelayMs: number
  /** No delay is longer, whatever the receiver asks for. */
  readonly maxDelayMs: number
  /** From 0 up to 1. */
  readonly random: () => number
}

/** Timed out, too early, too many: the same request may well succeed later. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/** Whether another attempt may end better than one answered with `status` (undefined: not answered). */
export function mayPass(status: number | undefined): boolean {
  return status === undefined || status >= 500 || passingStatuses.has(status)
}

/**
 * How long to wait after the `attempt`-th. Exponential with full jitter: a receiver that comes back
 * is not hit by everything at the same moment. Not less than the receiver asks for, up to the limit.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, retryAfterMs = 0): number {
  const { random, baseDelayMs, maxDelayMs } = policy
  const delayMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1))
  return Math.min(maxDelayMs, Math.max(delayMs, retryAfterMs))
}
