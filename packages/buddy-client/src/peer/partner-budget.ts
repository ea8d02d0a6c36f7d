import { Pace } from './pace.ts'

/**
 * What a partner's client may ask of ours, for the whole call, however many connections it has. Each is
 * far more than a browser needs: one on a machine with five networks (each with an IPv4 and three IPv6
 * addresses, by UDP and TCP), several STUN and three TURN servers gathers about 100 candidates; a call
 * that cannot find a path restarts at once, again after 7 s by a new connection, and ends 10 s later.
 */
const rates = {
  /** Different candidates. A restart every 7 s brings no more than 14 a second. */
  candidates: { burst: 768, everyMs: 50 },
  /** Offers that are answered. */
  offers: { burst: 10, everyMs: 2000 },
  /** Requests to restart ICE. A phone may change networks several times in a few seconds. */
  restarts: { burst: 10, everyMs: 2000 },
  /** New connections; the ladder of recovery makes one in 7 s at most. */
  rebuilds: { burst: 10, everyMs: 6000 },
  /** Changes of what the partner sends that are passed on to the page. */
  changes: { burst: 10, everyMs: 250 },
} as const

/** The paces of one call, see {@link rates}. */
export type PartnerBudget = Readonly<Record<keyof typeof rates, Pace>>

/** @param now milliseconds by a clock that never goes back */
export function createPartnerBudget(now: () => number): PartnerBudget {
  return {
    candidates: new Pace(rates.candidates, now),
    offers: new Pace(rates.offers, now),
    restarts: new Pace(rates.restarts, now),
    rebuilds: new Pace(rates.rebuilds, now),
    changes: new Pace(rates.changes, now),
  }
}
