import type { Identity } from '../sessions/identity.ts'

/**
 * Returns how long a person still counts as new, in milliseconds; 0 or less if no longer. The time begins
 * when the server has made the visitor id, so it continues in later sessions and after a restart. A browser
 * that keeps no visitor token is always new.
 * @param newVisitorMs how long a person counts as new
 */
export function newForMs(
  { visitorSinceMs }: Pick<Identity, 'visitorSinceMs'>,
  nowMs: number,
  newVisitorMs: number,
): number {
  // A time in the future comes from another clock, and must not make a person new for longer.
  return Math.min(visitorSinceMs, nowMs) + newVisitorMs - nowMs
}
