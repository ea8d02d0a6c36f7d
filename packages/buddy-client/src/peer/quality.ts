import type { Interval } from './call-stats.ts'

/** How well media arrives: as it should · with flaws · hardly. */
export type Quality = 'good' | 'fair' | 'poor'

const ranks: readonly Quality[] = ['good', 'fair', 'poor']

/** From where on it is fair, and from where on poor. */
const limits = {
  // As congestion control has them: below it sends more, between them no more, beyond them less
  // (draft-ietf-rmcat-gcc §6).
  lossPercent: [2, 10],
  // Twice ITU-T G.114's: up to 150 ms one way is not noticed, from 400 ms on it is no conversation.
  rttMs: [300, 800],
  jitterMs: [60, 150],
  frozenPercent: [10, 35],
  /** Of what is wanted at least, what there is room for. */
  shortagePercent: [40, 70],
} as const satisfies Record<string, readonly [number, number]>

/** A picture can be good with this much. */
const enoughKbps = 500

const worst = (...qualities: readonly Quality[]): Quality =>
  ranks.findLast((quality) => qualities.includes(quality)) ?? 'good'

function judge(value: number | undefined, limit: keyof typeof limits): Quality {
  const [fair, poor] = limits[limit]
  if (value === undefined || value < fair) return 'good'
  return value < poor ? 'fair' : 'poor'
}

/** How well the partner's media arrives here, by this one measurement. */
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
 * How well own media gets to the partner, by this one measurement; undefined where nobody knows.
 * @param wantedKbps the most one would send at present
 */
export function judgeSending(interval: Interval, wantedKbps: number): Quality | undefined {
  const { stats, sentLossPercent, availableKbps } = interval
  if (sentLossPercent === undefined) return undefined
  const neededKbps = Math.min(wantedKbps, enoughKbps)
  // What is not used is not known: an estimate may be low only because little is sent.
  const isUsedUp = availableKbps !== undefined && stats.sentKbps > 0.6 * availableKbps
  const shortage = isUsedUp ? 100 * (1 - availableKbps / neededKbps) : 0
  return worst(
    judge(sentLossPercent, 'lossPercent'),
    judge(stats.rttMs, 'rttMs'),
    judge(shortage, 'shortagePercent'),
  )
}

/** So many measurements in a row make it worse, or better. */
const patience = { worse: 2, better: 3 } as const

/** A judgement that does not flicker: one bad moment says nothing, nor does one good. */
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
    // Only as far as every one of them goes.
    if (!isSameWay || Math.abs(distance) < Math.abs(before)) this.#next = measured
    if (this.#count < patience[distance > 0 ? 'worse' : 'better']) return
    this.#value = this.#next
    this.#count = 0
  }
}
