import { BitrateLadder } from './bitrate-ladder.ts'
import type { CallStats, Interval, Totals } from './call-stats.ts'
import { compareTotals, readTotals } from './call-stats.ts'
import type { SendingLimits } from './limit-sender.ts'
import { limitSender } from './limit-sender.ts'
import type { Quality } from './quality.ts'
import { judgeReceiving, judgeSending, SteadyQuality } from './quality.ts'

/** Often enough to notice, seldom enough to cost nothing. */
const intervalMs = 2000
/** Longer than this between two looks the machine has slept: what was measured says nothing. */
const maxIntervalMs = 3 * intervalMs
/** The partner reports on sound every 5 s only: what it lost is measured over 6 s. */
const maxLooks = 3

/** How a call goes, in both directions; each side has its own. */
export interface CallQuality {
  /** How well the partner's media arrives here. */
  readonly receiving: Quality
  /** How well own media arrives at the partner, by its reports. */
  readonly sending: Quality
  readonly stats: CallStats
}

interface QualityMonitorDependencies {
  readonly getStats: () => Promise<RTCStatsReport>
  readonly senders: () => readonly RTCRtpSender[]
  readonly limits: SendingLimits
  /** Whether nobody looks at the page. */
  readonly isHidden: () => boolean
  readonly setTimeout: (callback: () => void, delayMs: number) => number
  readonly clearTimeout: (id: number) => void
  /** Every 2 s while there is a path and the page is looked at. */
  readonly onQuality: (quality: CallQuality) => void
}

/** Looks how a call goes, and lets own video be as large as arrives well. */
export class QualityMonitor {
  readonly #dependencies: QualityMonitorDependencies
  readonly #ladder = new BitrateLadder()
  readonly #receiving = new SteadyQuality()
  readonly #sending = new SteadyQuality()
  #limits: SendingLimits
  #limiting: Promise<unknown> = Promise.resolve()
  #timer: number | undefined
  /** The latest looks, oldest first. */
  #looks: Totals[] = []
  /** Which time of looking; what was begun in an earlier one is dropped. */
  #turn = {}

  constructor(dependencies: QualityMonitorDependencies) {
    this.#dependencies = dependencies
    this.#limits = dependencies.limits
    this.#ladder.setLowData(this.#limits.isLowData)
  }

  /** There is a path: looks at it every 2 s until `stop`. */
  start(): void {
    this.stop()
    this.#lookLater()
  }

  /** There is none just now, or the call is over. */
  stop(): void {
    if (this.#timer !== undefined) this.#dependencies.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#looks = []
    this.#turn = {}
  }

  /** Changes what may be sent, at once. */
  setLimits(limits: SendingLimits): void {
    this.#limits = limits
    this.#ladder.setLowData(limits.isLowData)
    this.limitSenders()
  }

  /** Holds the senders to the limits; call it when there are others, or they have other tracks. */
  limitSenders(): void {
    // One after the other: a sender takes back only what it gave out last.
    this.#limiting = this.#limiting.then(() =>
      Promise.all(
        this.#dependencies
          .senders()
          .map((sender) => limitSender(sender, this.#ladder.rung, this.#limits)),
      ),
    )
  }

  #lookLater(): void {
    const turn = this.#turn
    this.#timer = this.#dependencies.setTimeout(() => {
      void this.#look().then(() => {
        if (this.#turn === turn) this.#lookLater()
      })
    }, intervalMs)
  }

  async #look(): Promise<void> {
    const turn = this.#turn
    if (this.#dependencies.isHidden()) {
      this.#looks = []
      return
    }
    try {
      const totals = readTotals(await this.#dependencies.getStats())
      if (this.#turn !== turn) return
      const before = this.#looks.at(-1)
      if (before && totals.atMs - before.atMs > maxIntervalMs) this.#looks = []
      else if (before) this.#compare(before, totals)
      this.#looks = [...this.#looks, totals].slice(-maxLooks)
    } catch {
      // The connection was closed under it, or is just being replaced.
    }
  }

  #compare(before: Totals, totals: Totals): void {
    const interval = compareTotals(before, totals)
    if (!interval) return
    const sent = this.#judgeSending(interval, totals)
    this.#receiving.handle(judgeReceiving(interval))
    if (sent) {
      this.#sending.handle(sent)
      if (this.#ladder.handle(sent)) this.limitSenders()
    }
    this.#dependencies.onQuality({
      receiving: this.#receiving.value,
      sending: this.#sending.value,
      stats: interval.stats,
    })
  }
  #judgeSending(interval: Interval, totals: Totals): Quality | undefined {
    const [oldest = totals] = this.#looks
    const sentLossPercent = compareTotals(oldest, totals)?.sentLossPercent
    if (interval.sentLossPercent === undefined || sentLossPercent === undefined) return undefined
    const wantedKbps = Math.min(this.#ladder.rung.kbps, this.#limits.maxBitrateKbps)
    return judgeSending({ ...interval, sentLossPercent }, wantedKbps)
  }
}
