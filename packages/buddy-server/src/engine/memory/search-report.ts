import type { SearchState } from '../engine.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** What has changed is told at the latest after this time, in milliseconds. */
const refreshMs = 15_000

/**
 * Returns what the client is told about its search; undefined if it knows that already. Sets when this must be
 * checked again.
 */
export function nextReport<T extends Entrant>(
  waiting: Waiting<T>,
  nowMs: number,
): SearchState | undefined {
  const { ticket, pool, isHeld, told, isFreeInInterests, isFreeInLanguages } = waiting
  waiting.refreshAtMs = nowMs + refreshMs
  const { online } = pool
  const estimateMs = pool.waitsOf(ticket).medianMs
  const alone = pool.peopleCount <= 1 ? 'few-people' : 'none'
  const obstacle = isHeld ? 'known-people' : alone
  const isTold =
    told?.online === online &&
    told.estimateMs === estimateMs &&
    told.isFreeInInterests === isFreeInInterests &&
    told.isFreeInLanguages === isFreeInLanguages &&
    told.obstacle === obstacle
  if (isTold) return undefined
  waiting.told = { online, estimateMs, isFreeInInterests, isFreeInLanguages, obstacle }
  waiting.isQueued = true
  const widensAtMs = Math.min(interestsAtMs(waiting), languagesAtMs(waiting))
  return {
    online,
    estimateMs,
    interests: isFreeInInterests ? [] : ticket.interests,
    languages: isFreeInLanguages ? [] : ticket.languages,
    widensInMs: widensAtMs === Infinity ? null : Math.max(0, Math.ceil(widensAtMs - nowMs)),
    obstacle,
  }
}

/** Returns when there is something to do for the ticket, on the engine's clock. */
export function nextDueMs<T extends Entrant>(waiting: Waiting<T>): number {
  const { sinceMs, ticket, heldUntilMs, refreshAtMs, index } = waiting
  return Math.min(
    index ? Infinity : sinceMs + ticket.delayMs,
    interestsAtMs(waiting),
    languagesAtMs(waiting),
    heldUntilMs,
    refreshAtMs,
  )
}

/** Returns when the ticket stops to require a common interest; Infinity if it never does, or has. */
function interestsAtMs<T extends Entrant>(waiting: Waiting<T>): number {
  const { isFreeInInterests, ticket, interestsSinceMs, pool } = waiting
  if (isFreeInInterests || ticket.keepsInterests) return Infinity
  return interestsSinceMs + pool.schedule().interestsMs
}

/** The same for a common language. */
function languagesAtMs<T extends Entrant>(waiting: Waiting<T>): number {
  const { isFreeInLanguages, ticket, languagesSinceMs, pool } = waiting
  if (isFreeInLanguages || ticket.keepsLanguages) return Infinity
  return languagesSinceMs + pool.schedule().languagesMs
}
