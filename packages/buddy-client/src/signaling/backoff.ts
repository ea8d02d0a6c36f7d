const baseMs = 500
const maxMs = 15_000

/**
 * The wait before attempt number `attempt` (0 is the first after a loss), with full jitter: a random time
 * below a ceiling that doubles from 0.5 s to 15 s, so that the clients of a restarted server do not all
 * connect at once. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param random returns a number in [0, 1)
 */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** attempt))
}

/** The wait if the server named one: that time, plus a random part of a quarter of it (at least of 0.5 s). */
export function retryAfterWithJitterMs(retryAfterMs: number, random: () => number): number {
  return retryAfterMs + Math.floor(random() * Math.max(baseMs, retryAfterMs / 4))
}
