import type { Interval } from './call-stats.ts'

/** How well media arrives: `good` without noticeable flaws, `fair` with flaws, `poor` hardly at all. */
export type Quality = 'good' | 'fair' | 'poor'

const ranks: readonly Quality[] = ['good', 'fair', 'poor']

/** For each measurement, the values from which quality is fair (the first) and poor (the second). */
const limits = {
  // The thresholds of the browsers' congestion control (draft-ietf-rmcat-gcc §6). Below the first one, it
  // raises the bitrate. Above the second one, it lowers the bitrate. Between them, it keeps the bitrate.
  lossPercent: [2, 10],
  // Twice the one-way delays of ITU-T G.114. Users do not notice a delay of up to 150 ms, and a delay above
  // 400 ms is unacceptable.
  rttMs: [300, 800],
  jitterMs: [60, 150],
  frozenPercent: [10, 35],
  /** The share of the needed bitrate that is not available. */
  shortagePercent: [40, 70],
} as const satisfies Record<string, readonly [number, number]>

/** The bitrate that is enough for good video. */
const enoughKbps = 500

const worst = (...qualities: readonly Quality[]): Quality =>
  ranks.findLast((quality) => qualities.includes(quality)) ?? 'good'

function judge(value: number | undefined, limit: keyof typeof limits): Quality {
  const [fair, poor] = limits[limit]
  if (value === undefined || value < fair) return 'good'
  return value < poor ? 'fair' : 'poor'
}

/** Returns how well the partner's media arrives here, judged by a single measurement. */
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
 * Returns how well local media arrives at the partner, judged by a single measurement. Undefined if the
 * loss is unknown.
 * @param wantedKbps the current upper limit for sent video
 */
export function judgeSending(interval: Interval, wantedKbps: number): Quality | undefined {
  const { stats, sentLossPercent, availableKbps } = interval
  if (sentLossPercent === undefined) return undefined
  const neededKbps = Math.min(wantedKbps, enoughKbps)
  // The estimate of the available bitrate may be low because little is sent. So it counts only if most of
  // it is used.
  const isUsedUp = availableKbps !== undefined && stats.sentKbps > 0.6 * availableKbps
  const shortage = isUsedUp ? 100 * (1 - availableKbps / neededKbps) : 0
  return worst(
    judge(sentLossPercent, 'lossPercent'),
    judge(stats.rttMs, 'rttMs'),
    judge(shortage, 'shortagePercent'),
  )
}

/** The number of consecutive measurements before the value gets worse or better. */
const patience = { worse: 2, better: 3 } as const

/** Smooths quality, so that a single measurement does not change the value. */
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
    // Of the measurements in a row, the one that is closest to the present value becomes the next value.
    if (!isSameWay || Math.abs(distance) < Math.abs(before)) this.#next = measured
    if (this.#count < patience[distance > 0 ? 'worse' : 'better']) return
    this.#value = this.#next
    this.#count = 0
  }
}
