import type { Clock } from '../clock.ts'
import { Pace } from './pace.ts'

/** The most candidates between two ICE restarts. A machine with many networks has about 100. */
export const maxCandidatesPerGeneration = 256

/**
 * Rate limits for the work that the partner's client can cause in this client. They apply to the whole call
 * with all its peer connections. Each limit is far above what browsers cause. A browser gathers about 100
 * candidates on a machine with five networks (each with one IPv4 and three IPv6 addresses, over UDP and
 * TCP), several STUN servers and three TURN servers. When a call loses its media path, it restarts ICE at
 * once, creates a new peer connection 7 s later and ends 10 s after that.
 */
const rates = {
  /** Distinct candidates. With an ICE restart every 7 s, a browser sends at most 14 a second. */
  candidates: { burst: 768, everyMs: 50 },
  /** Offers to answer. */
  offers: { burst: 10, everyMs: 2000 },
  /** Requests for an ICE restart. A phone may change networks several times in a few seconds. */
  restarts: { burst: 10, everyMs: 2000 },
  /** New peer connections. `Recovery` creates at most one every 7 s. */
  rebuilds: { burst: 10, everyMs: 6000 },
  /** Changes of the partner's `sending` state that the page receives. */
  changes: { burst: 10, everyMs: 250 },
} as const

/** The rate limits of one call, see {@link rates}. */
export type PartnerRates = Readonly<Record<keyof typeof rates, Pace>>

export function createPartnerRates(clock: Clock): PartnerRates {
  return {
    candidates: new Pace(rates.candidates, clock),
    offers: new Pace(rates.offers, clock),
    restarts: new Pace(rates.restarts, clock),
    rebuilds: new Pace(rates.rebuilds, clock),
    changes: new Pace(rates.changes, clock),
  }
}
