const baseMs = 500
const maxMs = 15_000

/**
 * Returns the wait before an attempt to connect, with full jitter. The wait is random, so that the clients
 * of a restarted server do not all connect at once. Its maximum doubles with each attempt, from 0.5 s to
 * 15 s. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param attempt 0 for the first attempt after a loss
 * @param random returns a number in [0, 1)
 */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** attempt))
}

/**
 * Returns the wait before an attempt for which the server has given the time `retryAfterMs`. Adds a random
 * part of a quarter of that time, or of 0.5 s if that is more.
 */
export function retryAfterWithJitterMs(retryAfterMs: number, random: () => number): number {
  return retryAfterMs + Math.floor(random() * Math.max(baseMs, retryAfterMs / 4))
}
