import type { SearchState } from '../engine.ts'
import type { Entrant, Waiting } from './waiting.ts'

/** What has changed is told at the latest after this time, in milliseconds. */
const refreshMs = 15_000
/** The parts of `toldState`. It is 0 before the first report, and when the criteria have changed. */
const told = 1
const freeInInterests = 2
const freeInLanguages = 4
const alone = 8
const held = 16

/**
 * Returns the state of the search for the client; undefined if the client has received the same state before.
 * @param widensAt see `widensAtMs`
 */
export function nextReport<T extends Entrant>(
  waiting: Waiting<T>,
  nowMs: number,
  widensAt: number,
): SearchState | undefined {
  const { ticket, pool, isFreeInInterests, isFreeInLanguages } = waiting
  const { online } = pool
  const estimateMs = pool.waitsOf(waiting.kind).medianMs
  let state = told
  if (isFreeInInterests) state |= freeInInterests
  if (isFreeInLanguages) state |= freeInLanguages
  if (waiting.isHeld) state |= held
  else if (pool.peopleCount <= 1) state |= alone
  const isSame =
    waiting.toldState === state &&
    waiting.toldOnline === online &&
    waiting.toldEstimateMs === estimateMs
  if (isSame) return undefined
  waiting.isTold = true
  waiting.toldState = state
  waiting.toldOnline = online
  waiting.toldEstimateMs = estimateMs
  return {
    online,
    estimateMs,
    interests: isFreeInInterests ? [] : ticket.interests,
    languages: isFreeInLanguages ? [] : ticket.languages,
    widensInMs: widensAt === Infinity ? null : Math.max(0, Math.ceil(widensAt - nowMs)),
    obstacle: state & held ? 'known-people' : state & alone ? 'few-people' : 'none',
  }
}

/**
 * Returns when there is something to do for a ticket whose report is up to date, on the engine's clock.
 * @param widensAt see `widensAtMs`
 */
export function nextDueMs<T extends Entrant>(
  waiting: Waiting<T>,
  nowMs: number,
  widensAt: number,
): number {
  const { sinceMs, ticket, index, heldUntilMs = Infinity } = waiting
  const listedAt = index ? Infinity : sinceMs + ticket.delayMs
  return Math.min(listedAt, widensAt, regionAtMs(waiting), heldUntilMs, nowMs + refreshMs)
}

/** Returns when the ticket requires less of what the user has chosen, on the engine's clock; Infinity if it never does. */
export function widensAtMs<T extends Entrant>(waiting: Waiting<T>): number {
  return Math.min(interestsAtMs(waiting), languagesAtMs(waiting))
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

/** Returns when the ticket accepts partners of other regions; Infinity if it does already. */
function regionAtMs<T extends Entrant>({ isFreeInRegions, sinceMs, pool }: Waiting<T>): number {
  return isFreeInRegions ? Infinity : sinceMs + pool.schedule().regionMs
}
