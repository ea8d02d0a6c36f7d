/** The wait before the second attempt to connect, and the longest one, in milliseconds. */
const firstMs = 50
const maxMs = 2000

/**
 * Returns how long to wait before the next attempt to connect, in milliseconds. Each wait is about twice the former
 * one. A random part, of up to a half, keeps the nodes apart, so that they do not all connect in one instant when Redis
 * is back.
 * @param retries the number of failed attempts before
 * @param random a random number from 0 to 1
 */
export const retryDelayMs = (retries: number, random: number): number =>
  Math.min(firstMs * 2 ** retries, maxMs) * (0.5 + random / 2)
