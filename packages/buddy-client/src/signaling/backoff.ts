const baseMs = 500
const maxMs = 15_000

/**
 * How long to wait before attempt number `attempt` (0 is the first after a loss): "full jitter",
 * anything from nothing to a ceiling that doubles from 0.5 s up to 15 s, so that the clients of
 * a restarted server spread out instead of arriving together.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param random gives a number in [0, 1)
 */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** attempt))
}

/** When the server named a time: that time, plus up to a quarter of it (at least 0.5 s). */
export function retryAfterWithJitterMs(retryAfterMs: number, random: () => number): number {
  return retryAfterMs + Math.floor(random() * Math.max(baseMs, retryAfterMs / 4))
}
