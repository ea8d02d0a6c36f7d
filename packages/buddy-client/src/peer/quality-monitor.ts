import type { Cancel, Clock } from '../clock.ts'
import { BitrateLadder } from './bitrate-ladder.ts'
import type { CallStats, Interval, Totals } from './call-stats.ts'
import { compareTotals, readTotals } from './call-stats.ts'
import type { SendingLimits } from './limit-sender.ts'
import { limitSender } from './limit-sender.ts'
import type { Quality } from './quality.ts'
import { judgeReceiving, judgeSending, SteadyQuality } from './quality.ts'

/** The time between two samples: short enough to notice problems, and long enough to cost little. */
const intervalMs = 2000
/** If two samples are further apart than this, the machine was suspended, so they are not compared. */
const maxIntervalMs = 3 * intervalMs
/** The number of samples to keep. They span 6 s, because RTCP reports on audio arrive only every 5 s. */
const maxSamples = 3

/** The quality of a call in both directions, as measured on this side. */
export interface CallQuality {
  /** How well the partner's media arrives here. */
  readonly receiving: Quality
  /** How well local media arrives at the partner, according to its RTCP reports. */
  readonly sending: Quality
  readonly stats: CallStats
}

interface QualityMonitorDependencies {
  readonly getStats: () => Promise<RTCStatsReport>
  readonly senders: () => readonly RTCRtpSender[]
  readonly limits: SendingLimits
  /** Returns whether the page is hidden. The monitor takes no samples while it is. */
  readonly isHidden: () => boolean
  readonly clock: Clock
  /** Called every 2 s while there is a media path and the page is visible. */
  readonly onQuality: (quality: CallQuality) => void
}

/**
 * Measures the quality of a call, and limits the sent video to a bitrate that arrives well at the partner.
 */
export class QualityMonitor {
  readonly #dependencies: QualityMonitorDependencies
  readonly #ladder = new BitrateLadder()
  readonly #receiving = new SteadyQuality()
  readonly #sending = new SteadyQuality()
  #limits: SendingLimits
  #limiting: Promise<unknown> = Promise.resolve()
  #cancel: Cancel | undefined
  /** The latest samples, oldest first. */
  #samples: Totals[] = []
  /** Replaced by `stop()`. A sample that was requested before is then dropped when it arrives. */
  #turn = {}

  constructor(dependencies: QualityMonitorDependencies) {
    this.#dependencies = dependencies
    this.#limits = dependencies.limits
    this.#ladder.setLowData(this.#limits.isLowData)
  }

  /** Takes a sample every 2 s until `stop()`. Call when there is a media path. */
  start(): void {
    this.stop()
    this.#sampleLater()
  }

  /** Takes no more samples. Call when the media path is lost or the call ends. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#samples = []
    this.#turn = {}
  }

  /** Changes the limits for sent media at once. */
  setLimits(limits: SendingLimits): void {
    this.#limits = limits
    this.#ladder.setLowData(limits.isLowData)
    this.limitSenders()
  }

  /** Applies the limits to the senders. Call it when senders or their tracks have changed. */
  limitSenders(): void {
    // One after the other, because `setParameters` accepts only the result of the latest `getParameters`.
    this.#limiting = this.#limiting.then(() =>
      Promise.all(
        this.#dependencies
          .senders()
          .map((sender) => limitSender(sender, this.#ladder.rung, this.#limits)),
      ),
    )
  }

  #sampleLater(): void {
    const turn = this.#turn
    this.#cancel = this.#dependencies.clock.after(intervalMs, () => {
      void this.#takeSample().then(() => {
        if (this.#turn === turn) this.#sampleLater()
      })
    })
  }

  async #takeSample(): Promise<void> {
    const turn = this.#turn
    if (this.#dependencies.isHidden()) {
      this.#samples = []
      return
    }
    try {
      const totals = readTotals(await this.#dependencies.getStats())
      if (this.#turn !== turn) return
      const before = this.#samples.at(-1)
      if (before && totals.atMs - before.atMs > maxIntervalMs) this.#samples = []
      else if (before) this.#compare(before, totals)
      this.#samples = [...this.#samples, totals].slice(-maxSamples)
    } catch {
      // The connection was closed or replaced meanwhile.
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
    const [oldest = totals] = this.#samples
    const sentLossPercent = compareTotals(oldest, totals)?.sentLossPercent
    if (interval.sentLossPercent === undefined || sentLossPercent === undefined) return undefined
    const wantedKbps = Math.min(this.#ladder.rung.kbps, this.#limits.maxBitrateKbps)
    return judgeSending({ ...interval, sentLossPercent }, wantedKbps)
  }
}
