import type { Interval } from './call-stats.ts'

/** How well media arrives. `good`: as it should · `fair`: with flaws · `poor`: hardly. */
export type Quality = 'good' | 'fair' | 'poor'

const ranks: readonly Quality[] = ['good', 'fair', 'poor']

/** For each measurement, the values from which quality is fair and poor. */
const limits = {
  // The thresholds of congestion control (draft-ietf-rmcat-gcc §6): below the first it raises the
  // bitrate, between them it keeps it, above the second it lowers it.
  lossPercent: [2, 10],
  // Twice the one-way delays of ITU-T G.114: up to 150 ms is not noticed, and from 400 ms on a
  // conversation is unacceptable.
  rttMs: [300, 800],
  jitterMs: [60, 150],
  frozenPercent: [10, 35],
  /** The share of the needed bitrate that is not available. */
  shortagePercent: [40, 70],
} as const satisfies Record<string, readonly [number, number]>

/** Video can be good with this bitrate. */
const enoughKbps = 500

const worst = (...qualities: readonly Quality[]): Quality =>
  ranks.findLast((quality) => qualities.includes(quality)) ?? 'good'

function judge(value: number | undefined, limit: keyof typeof limits): Quality {
  const [fair, poor] = limits[limit]
  if (value === undefined || value < fair) return 'good'
  return value < poor ? 'fair' : 'poor'
}

/** How well the partner's media arrives here, judged by a single measurement. */
export function judgeReceiving({ stats, frozenPercent, isSilent }: Interval): Quality {
  if (isSilent) return 'poor'
  return worst(
    judge(stats.lossPercent, 'lossPercent'),
    judge(stats.rttMs, 'rttMs'),
    judge(stats.jitterMs, 'jitterMs'),
    judge(frozenPercent, 'frozenPercent'),
  )
}

/**
 * How well local media arrives at the partner, judged by a single measurement; undefined if the loss is
 * unknown.
 * @param wantedKbps the current upper limit for sent video
 */
export function judgeSending(interval: Interval, wantedKbps: number): Quality | undefined {
  const { stats, sentLossPercent, availableKbps } = interval
  if (sentLossPercent === undefined) return undefined
  const neededKbps = Math.min(wantedKbps, enoughKbps)
  // An estimate is meaningful only if it is nearly used up: it may be low because little is sent.
  const isUsedUp = availableKbps !== undefined && stats.sentKbps > 0.6 * availableKbps
  const shortage = isUsedUp ? 100 * (1 - availableKbps / neededKbps) : 0
  return worst(
    judge(sentLossPercent, 'lossPercent'),
    judge(stats.rttMs, 'rttMs'),
    judge(shortage, 'shortagePercent'),
  )
}

/** Consecutive measurements before the value gets worse or better. */
const patience = { worse: 2, better: 3 } as const

/** Smooths quality so that it does not flicker: a single measurement does not change the value. */
export class SteadyQuality {
  #value: Quality = 'good'
  #next: Quality = 'good'
  #count = 0

  get value(): Quality {
    return this.#value
  }

  handle(measured: Quality): void {
    const rank = ranks.indexOf(this.#value)
    const distance = ranks.indexOf(measured) - rank
    if (distance === 0) {
      this.#count = 0
      return
    }
    const before = this.#count > 0 ? ranks.indexOf(this.#next) - rank : 0
    const isSameWay = before * distance > 0
    this.#count = isSameWay ? this.#count + 1 : 1
    // The value changes only as far as all of these measurements agree.
    if (!isSameWay || Math.abs(distance) < Math.abs(before)) this.#next = measured
    if (this.#count < patience[distance > 0 ? 'worse' : 'better']) return
    this.#value = this.#next
    this.#count = 0
  }
}
